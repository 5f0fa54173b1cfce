//! `GET /api/v1/accounts/{account}/statement`

use super::dto::{AccountBody, PartyBody};
use super::{named, statement_csv};
use crate::accept::prefers_csv;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::query::Parameters;
use crate::rules;
use crate::schema::{Asking, KindSchema};
use crate::state::State;
use crate::wire::{Unwritable, number, ok, time};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::{Period, Statement};
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::text::Label;
use paygate_ports::StatementLine;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What happened in an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementBody<'a> {
    #[serde(flatten)]
    head: StatementHead<'a>,
    /// The lines of this page, oldest first.
    items: Vec<LineBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(required = true, example = "50")]
    next_cursor: Option<String>,
}

/// What a statement says before its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementHead)]
pub struct StatementHead<'a> {
    /// The account as it is now.
    account: AccountBody<'a>,
    /// The first moment of the period, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    from: Option<String>,
    /// The first moment after the period, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    to: Option<String>,
    /// The posted balance before the period.
    #[schema(value_type = f64, format = "decimal", example = 100.5)]
    opening_balance: Box<RawValue>,
    /// The posted balance after the period.
    #[schema(value_type = f64, format = "decimal", example = 90.5)]
    closing_balance: Box<RawValue>,
}

impl<'a> StatementHead<'a> {
    /// The head of a statement of that period.
    ///
    /// # Errors
    /// As [`AccountBody::of`].
    pub fn of(statement: &'a Statement, period: Period) -> Result<Self, Unwritable> {
        let currency = statement.account.account.currency;
        let balance = |minor: i64| number(Money { minor, currency });
        Ok(Self {
            account: AccountBody::of(&statement.account)?,
            from: period.from.map(time),
            to: period.to.map(time),
            opening_balance: balance(statement.opening.balance_minor)?,
            closing_balance: balance(statement.closing.balance_minor)?,
        })
    }
}

/// A line of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub struct LineBody<'a> {
    /// 1 for the account's first entry, then without a gap.
    seq: i64,
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.250000Z")]
    at: String,
    /// `credit` (money came in) or `debit`.
    #[schema(example = "debit")]
    direction: &'static str,
    /// More than zero.
    #[schema(value_type = f64, format = "decimal", example = 10.0)]
    amount: Box<RawValue>,
    /// The posted balance after this line.
    #[schema(value_type = f64, format = "decimal", example = 90.5)]
    balance_after: Box<RawValue>,
    /// What the payment does.
    #[schema(value_type = KindSchema)]
    kind: &'static str,
    #[schema(format = Uuid)]
    payment_id: String,
    /// The payment's other account.
    counterparty: PartyBody<'a>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<&'a str>,
}

impl<'a> LineBody<'a> {
    /// A line as it goes out.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn of(line: &'a StatementLine) -> Result<Self, Unwritable> {
        let posting = &line.posting;
        let currency = posting.amount.currency;
        Ok(Self {
            seq: posting.account_seq,
            at: time(line.at),
            direction: direction(posting.amount),
            amount: number(size(posting.amount))?,
            balance_after: number(Money { minor: posting.balance_after_minor, currency })?,
            kind: line.kind.as_str(),
            payment_id: line.payment.to_string(),
            counterparty: PartyBody::of(&line.counterparty),
            description: line.description.as_ref().map(Label::as_str),
        })
    }
}

/// How much money went, whichever way.
#[must_use]
pub fn size(amount: Money) -> Sum {
    Sum { minor: i128::from(amount.minor).abs(), currency: amount.currency }
}

/// Which way money went.
#[must_use]
pub fn direction(amount: Money) -> &'static str {
    if amount.minor < 0 { "debit" } else { "credit" }
}

/// Shows what happened in an account, oldest first
///
/// With `Accept: text/csv` all lines of the period come as one file (RFC 4180, with a header row),
/// whatever `limit` and `cursor` say. A cell of text that begins with `=`, `+`, `-`, `@` or a tab
/// gets an apostrophe before it, so that no spreadsheet takes it for a formula; numbers are left as
/// they are. If something fails midway, the connection is cut before the end of the body.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/statement", tag = "accounts",
    operation_id = "account_statement", security((), ("token" = [])),
    params(
        ("account" = String, Path, description = "The account's id, number or alias."),
        ("from" = Option<String>, Query, format = DateTime,
            description = "Only lines of this time or later (RFC 3339)."),
        ("to" = Option<String>, Query, format = DateTime,
            description = "Only lines before this time (RFC 3339)."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200,
            description = "At most so many; 50 if nothing is said."),
        ("cursor" = Option<String>, Query,
            description = "The `next_cursor` of the page before."),
        ("Accept" = Option<String>, Header, example = "text/csv",
            description = "`text/csv` for a file of all lines; JSON otherwise."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
    ),
    responses(
        (status = 200, description = "The statement.", content(
            (StatementBody = "application/json"),
            (String = "text/csv"),
        )),
        Asking,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn statement(
    _: Caller,
    state: Data<State>,
    account: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(request.query_string())?;
    let accounts = &state.api.accounts;
    let found = accounts.statement(named(&account)?, asked.period).await?;
    let statement = found.ok_or_else(Problem::account_not_found)?;
    if prefers_csv(request.headers()) {
        return statement_csv::answer(&request, accounts.clone(), statement).await;
    }
    // A cursor of another period may point behind this one.
    let after = asked.after.min(statement.closing.seq);
    let lines = accounts.lines(&statement, after, asked.limit).await?;
    ok(&body(&statement, &lines, &asked)?)
}

struct Asked {
    period: Period,
    limit: u16,
    after: i64,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut given = Parameters::read(query, &["from", "to", "limit", "cursor"]);
        let from = given.optional("from", rules::bound);
        let to = given.optional("to", rules::bound);
        let limit = given.limit();
        let seq = |text: &str| text.parse().ok().filter(|seq: &i64| *seq >= 0);
        let after = given.cursor(seq).unwrap_or(0);
        given.finish()?;
        Ok(Self { period: Period { from, to }, limit, after })
    }
}

fn body<'a>(
    statement: &'a Statement,
    lines: &'a [StatementLine],
    asked: &Asked,
) -> Result<StatementBody<'a>, Unwritable> {
    let last = lines.last().map(|line| line.posting.account_seq);
    let next = last.filter(|last| *last < statement.closing.seq);
    Ok(StatementBody {
        head: StatementHead::of(statement, asked.period)?,
        items: lines.iter().map(LineBody::of).collect::<Result<_, _>>()?,
        next_cursor: next.map(|seq| seq.to_string()),
    })
}
