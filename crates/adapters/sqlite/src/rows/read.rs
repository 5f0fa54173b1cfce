//! Columns as values of the domain, or which of them is none.

use paygate_core::Timestamp;
use paygate_core::fx::Rate;
use paygate_core::money::{Currency, Money};
use paygate_core::text::{Label, Metadata};
use paygate_ports::StoreError;
use std::fmt::Display;
use uuid::Uuid;

/// A column's value that is none of the domain's.
pub(crate) struct Broken(String);

impl Broken {
    pub(crate) fn in_row(self, table: &'static str, id: impl Display) -> StoreError {
        StoreError::Corrupt { table, id: id.to_string(), reason: self.0 }
    }
}

/// Reads a column, or says which value of which column can't be read.
pub(crate) fn read<T>(column: &str, found: impl Display, value: Option<T>) -> Result<T, Broken> {
    value.ok_or_else(|| Broken(format!("{column} is {found}")))
}

pub(crate) fn id(column: &str, bytes: &[u8]) -> Result<Uuid, Broken> {
    let length = format!("of {} bytes", bytes.len());
    read(column, length, Uuid::from_slice(bytes).ok())
}

pub(crate) fn time(column: &str, micros: i64) -> Result<Timestamp, Broken> {
    read(column, micros, Timestamp::from_timestamp_micros(micros))
}

pub(crate) fn optional_time(column: &str, at: Option<i64>) -> Result<Option<Timestamp>, Broken> {
    at.map(|at| time(column, at)).transpose()
}

pub(crate) fn currency(column: &str, code: &str) -> Result<Currency, Broken> {
    read(column, code, Currency::parse(code).ok())
}

pub(crate) fn money(minor: i64, code: &str) -> Result<Money, Broken> {
    Ok(Money { minor, currency: currency("currency", code)? })
}

pub(crate) fn metadata(text: Option<&str>) -> Result<Option<Metadata>, Broken> {
    let metadata = text.map(|text| {
        read("metadata", format!("of {} bytes", text.len()), Metadata::parse(text).ok())
    });
    metadata.transpose()
}

/// Labels are stored trimmed: one that parsing would change is not of our making.
pub(crate) fn label(column: &str, text: Option<&str>) -> Result<Option<Label>, Broken> {
    let label = text.map(|text| {
        let label = Label::parse(text).ok().filter(|label| label.as_str() == text);
        read(column, text, label)
    });
    label.transpose()
}

/// The rate that a fraction is, named by its numerator if it is none.
pub(crate) fn rate(
    column: &str,
    (base, quote): (Currency, Currency),
    (numerator, denominator): (i64, i64),
) -> Result<Rate, Broken> {
    let part = |part: i64| u64::try_from(part).ok();
    let rate = part(numerator)
        .zip(part(denominator))
        .and_then(|(numerator, denominator)| Rate::new(base, quote, numerator, denominator).ok());
    read(column, format!("{numerator} of {denominator}"), rate)
}

pub(crate) fn count(column: &str, number: i64) -> Result<i32, Broken> {
    read(column, number, i32::try_from(number).ok())
}

/// The id of a row for its error, whatever it is.
pub(crate) fn shown(id: &[u8]) -> String {
    Uuid::from_slice(id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string())
}
