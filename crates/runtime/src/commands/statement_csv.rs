//! Statements as CSV (RFC 4180), with the columns of the API's. No cell of text is taken for a
//! formula by a spreadsheet.

use super::bodies::{decimal, direction, role, time};
use super::output::Ended;
use csv::{Terminator, Writer, WriterBuilder};
use paygate_core::account::Alias;
use paygate_core::text::Label;
use paygate_ports::StatementLine;
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

impl From<csv::Error> for Ended {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => io::Error::other(format!("{other:?}")).into(),
        }
    }
}

/// A file that is being written.
pub(super) struct File<W: Write>(Writer<W>);

impl<W: Write> File<W> {
    /// Writes the header row.
    pub(super) fn begin(out: W) -> Result<Self, Ended> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(HEADER)?;
        Ok(Self(writer))
    }

    /// Writes a line.
    pub(super) fn line(&mut self, line: &StatementLine) -> Result<(), Ended> {
        Ok(self.0.write_record(cells(line).iter().map(|cell| &**cell))?)
    }

    /// Writes what is not written yet.
    pub(super) fn end(mut self) -> Result<(), Ended> {
        Ok(self.0.flush()?)
    }
}

fn cells(line: &StatementLine) -> [Cow<'_, str>; 14] {
    let StatementLine { posting, counterparty, .. } = line;
    let currency = posting.amount.currency;
    [
        posting.account_seq.to_string().into(),
        time(line.at).into(),
        direction(posting.amount).into(),
        decimal(i128::from(posting.amount.minor).abs(), currency).into(),
        decimal(posting.balance_after_minor.into(), currency).into(),
        currency.code().into(),
        line.kind.as_str().into(),
        line.payment.to_string().into(),
        counterparty.account.id.to_string().into(),
        counterparty.account.number.to_string().into(),
        text(counterparty.alias.as_ref().map(Alias::as_str)),
        text(counterparty.name.as_ref().map(Label::as_str)),
        role(&counterparty.account.role).into(),
        text(line.description.as_ref().map(Label::as_str)),
    ]
}

/// A cell of text that somebody chose. Spreadsheets calculate what looks like a formula, so that one
/// who opens a statement would run what a payer wrote.
fn text(chosen: Option<&str>) -> Cow<'_, str> {
    let chosen = chosen.unwrap_or_default();
    match chosen.starts_with(['=', '+', '-', '@', '\t']) {
        true => format!("'{chosen}").into(),
        false => chosen.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for (chosen, cell) in
            [("plain", "plain"), ("=1+1", "'=1+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)")]
        {
            assert_eq!(text(Some(chosen)), cell);
        }
        assert_eq!(text(None), "");
    }
}
