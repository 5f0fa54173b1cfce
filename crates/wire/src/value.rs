//! How single values are written: amounts as exact JSON numbers with their currency's scale,
//! times in RFC 3339, UTC, with microseconds.

use crate::schema::{CurrencySchema, DecimalSchema};
use chrono::SecondsFormat;
use paygate_core::Timestamp;
use paygate_core::fx::Rate;
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::text::Metadata;
use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use utoipa::ToSchema;

/// What is stored can't be written as JSON. That is a defect of ours.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Unwritable(String);

/// An amount, or a sum of some, as a JSON number.
///
/// # Errors
/// None that can happen: [`Unwritable`] if a decimal were no JSON.
pub fn number(sum: impl Into<Sum>) -> Result<Box<RawValue>, Unwritable> {
    raw(sum.into().to_string())
}

/// A rate as a JSON number.
///
/// # Errors
/// As [`number`].
pub(crate) fn rate(rate: &Rate) -> Result<Box<RawValue>, Unwritable> {
    raw(rate.to_string())
}

fn raw(decimal: String) -> Result<Box<RawValue>, Unwritable> {
    let raw = RawValue::from_string(decimal);
    raw.map_err(|error| Unwritable(format!("a number is no JSON: {error}")))
}

/// A time: RFC 3339 in UTC, with microseconds.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What a client attached, as it came in.
///
/// # Errors
/// [`Unwritable`] if it is no JSON.
pub(crate) fn metadata(metadata: Option<&Metadata>) -> Result<Option<&RawValue>, Unwritable> {
    let read = metadata.map(Metadata::as_str).map(serde_json::from_str).transpose();
    read.map_err(|error| Unwritable(format!("stored metadata is no JSON: {error}")))
}

/// An amount with its currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// An exact decimal with as many decimals as the currency has.
    #[schema(value_type = DecimalSchema)]
    amount: Box<RawValue>,
    #[schema(value_type = CurrencySchema)]
    currency: &'static str,
}

impl MoneyBody {
    /// An amount as it goes out.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn of(money: Money) -> Result<Self, Unwritable> {
        Ok(Self { amount: number(money)?, currency: money.currency.code() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::money::Currency;

    fn check(minor: i64, currency: &str, written: &str) {
        let currency = Currency::parse(currency).unwrap();
        let body = MoneyBody::of(Money { minor, currency }).unwrap();
        let expected = format!(r#"{{"amount":{written},"currency":"{}"}}"#, currency.code());
        assert_eq!(serde_json::to_string(&body).unwrap(), expected);
    }

    #[test]
    fn amounts_go_out_as_exact_numbers_with_the_scale_of_their_currency() {
        check(10_050, "USD", "100.50");
        check(-1, "USD", "-0.01");
        check(0, "KWD", "0.000");
        check(i64::MAX, "JPY", "9223372036854775807");
        check(i64::MIN, "CLF", "-922337203685477.5808");
    }

    #[test]
    fn times_go_out_in_utc_with_microseconds() {
        for (micros, written) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(time(Timestamp::from_timestamp_micros(micros).unwrap()), written);
        }
    }
}
