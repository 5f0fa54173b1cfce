//! The rows of a statement as CSV (RFC 4180).
//!
//! What must stay true: no cell of text is taken for a formula.

use crate::account::role;
use crate::statement::{direction, size};
use crate::value::time;
use csv::{Terminator, Writer, WriterBuilder};
use paygate_core::account::Alias;
use paygate_core::money::Money;
use paygate_core::statement::StatementLine;
use paygate_core::text::Label;
use std::borrow::Cow;
use std::io::{self, Write};

const HEADER: [&str; 14] = [
    "seq",
    "at",
    "direction",
    "amount",
    "balance_after",
    "currency",
    "kind",
    "payment_id",
    "counterparty_id",
    "counterparty_number",
    "counterparty_alias",
    "counterparty_name",
    "counterparty_role",
    "description",
];

/// A statement's lines on their way into a CSV file.
pub struct CsvRows<W: Write>(Writer<W>);

impl<W: Write> CsvRows<W> {
    /// Begins a file: writes the header row.
    ///
    /// # Errors
    /// Of `out`.
    pub fn begin(out: W) -> io::Result<Self> {
        let mut rows = Self::resume(out);
        rows.0.write_record(HEADER).map_err(io_error)?;
        Ok(rows)
    }

    /// Goes on with a file that has been begun.
    pub fn resume(out: W) -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// Of `out`.
    pub fn line(&mut self, line: &StatementLine) -> io::Result<()> {
        self.0.write_record(cells(line).iter().map(|cell| &**cell)).map_err(io_error)
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// Of `out`.
    pub fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The error of the writer below, with its kind.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn cells(line: &StatementLine) -> [Cow<'_, str>; 14] {
    let StatementLine { posting, counterparty, .. } = line;
    let currency = posting.amount.currency;
    let seen = counterparty.seen();
    let alias = seen.and_then(|it| it.alias.as_ref()).map(Alias::as_str);
    let name = seen.and_then(|it| it.name.as_ref()).map(Label::as_str);
    let description = line.description.as_ref().map(Label::as_str);
    [
        posting.account_seq.to_string().into(),
        time(line.at).into(),
        direction(posting.amount).into(),
        size(posting.amount).to_string().into(),
        Money { minor: posting.balance_after_minor, currency }.to_string().into(),
        currency.code().into(),
        line.kind.as_str().into(),
        line.payment.to_string().into(),
        counterparty.id().to_string().into(),
        seen.map(|it| it.account.number.to_string()).unwrap_or_default().into(),
        text(alias),
        text(name),
        seen.map_or("", |it| role(&it.account.role)).into(),
        text(description),
    ]
}

/// A cell of text that somebody chose. Spreadsheets calculate what looks like a formula, so that one
/// who opens a statement would run what a payer wrote.
fn text(chosen: Option<&str>) -> Cow<'_, str> {
    let chosen = chosen.unwrap_or_default();
    match chosen.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) {
        true => format!("'{chosen}").into(),
        false => chosen.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for (chosen, cell) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(text(Some(chosen)), cell);
        }
        assert_eq!(text(None), "");
    }
}
