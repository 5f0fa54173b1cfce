//! Statements as CSV (RFC 4180): all lines of the period, written as they are read, page by page, so
//! that memory stays constant however many there are.
//!
//! What must stay true: a file that was received whole is complete. When the store fails midway the
//! body ends without its last chunk, which clients take for the failure it is. No cell of text is
//! taken for a formula.

use super::dto::role;
use super::statement::direction;
use crate::problem::Problem;
use crate::wire::{decimal, time};
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use csv::{Terminator, WriterBuilder};
use futures_util::stream;
use paygate_app::{Accounts, Statement};
use paygate_core::account::Alias;
use paygate_core::text::Label;
use paygate_ports::{StatementLine, StoreError};
use std::borrow::Cow;
use thiserror::Error;

/// The most lines in memory at a time.
const PAGE: u16 = 1_000;

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

/// Why a file ends before its end.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store left out lines after {0}")]
    LinesMissing(i64),
    #[error("a line can't be written: {0}")]
    Write(String),
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// 200 with the file. Its first page is read before, so that a store that is away is a problem
/// document and not a broken file.
pub async fn answer(
    request: &HttpRequest,
    accounts: Accounts,
    statement: Statement,
) -> Result<HttpResponse, Problem> {
    let name = format!("statement-{}.csv", statement.account.account.number);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"));
    response
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    if request.method() == Method::HEAD {
        return Ok(response.streaming(stream::empty::<Result<Bytes, Broken>>()));
    }
    let mut file = File { after: statement.opening.seq, accounts, statement };
    let first = file.page(true).await?;
    let rest = stream::try_unfold(file, |mut file| async move {
        if file.is_over() {
            return Ok(None);
        }
        let page = file.page(false).await.inspect_err(|error| {
            let account = file.statement.account.account.id;
            tracing::error!(%error, %account, "a statement was cut off");
        })?;
        Ok(Some((page, file)))
    });
    let first = stream::once(std::future::ready(Ok::<_, Broken>(first)));
    Ok(response.streaming(stream::StreamExt::chain(first, rest)))
}

/// A file that is being written.
struct File {
    accounts: Accounts,
    statement: Statement,
    /// The last line that was written.
    after: i64,
}

impl File {
    fn is_over(&self) -> bool {
        self.after >= self.statement.closing.seq
    }

    /// The next page as text.
    async fn page(&mut self, with_header: bool) -> Result<Bytes, Broken> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        let failed = |error: csv::Error| Broken::Write(error.to_string());
        if with_header {
            writer.write_record(HEADER).map_err(failed)?;
        }
        if !self.is_over() {
            let lines = self.accounts.lines(&self.statement, self.after, PAGE).await?;
            for line in &lines {
                writer.write_record(cells(line).iter().map(|cell| &**cell)).map_err(failed)?;
            }
            let last = lines.last().map(|line| line.posting.account_seq);
            let last = last.filter(|last| *last > self.after);
            self.after = last.ok_or(Broken::LinesMissing(self.after))?;
        }
        let text = writer.into_inner().map_err(|error| Broken::Write(error.to_string()))?;
        Ok(text.into())
    }
}

fn cells(line: &StatementLine) -> [Cow<'_, str>; 14] {
    let StatementLine { posting, counterparty, .. } = line;
    let currency = posting.amount.currency;
    let alias = counterparty.alias.as_ref().map(Alias::as_str);
    let name = counterparty.name.as_ref().map(Label::as_str);
    let description = line.description.as_ref().map(Label::as_str);
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
        text(alias),
        text(name),
        role(&counterparty.account.role).into(),
        text(description),
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
