//! A statement as it goes out.

use crate::account::{AccountBody, CounterpartyBody};
use crate::schema::{DecimalSchema, KindSchema, LabelSchema, StatementCursorSchema, TimeSchema};
use crate::value::{Unwritable, number, time};
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::statement::{Period, Statement, StatementLine};
use paygate_core::text::Label;
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
    #[schema(value_type = Option<StatementCursorSchema>, required = true)]
    next_cursor: Option<String>,
}

impl<'a> StatementBody<'a> {
    /// A page of a statement of that period.
    ///
    /// # Errors
    /// As [`AccountBody::of`].
    pub fn of(
        statement: &'a Statement,
        period: Period,
        lines: &'a [StatementLine],
    ) -> Result<Self, Unwritable> {
        let last = lines.last().map(|line| line.posting.account_seq);
        let next = last.filter(|last| *last < statement.closing.seq);
        Ok(Self {
            head: StatementHead::of(statement, period)?,
            items: lines.iter().map(LineBody::of).collect::<Result<_, _>>()?,
            next_cursor: next.map(|seq| seq.to_string()),
        })
    }
}

/// What a statement says before its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementHead)]
pub struct StatementHead<'a> {
    /// The account as it is now.
    account: AccountBody<'a>,
    /// The first moment of the period, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    from: Option<String>,
    /// The first moment after the period, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    to: Option<String>,
    /// The posted balance before the period.
    #[schema(value_type = DecimalSchema)]
    opening_balance: Box<RawValue>,
    /// The posted balance after the period.
    #[schema(value_type = DecimalSchema)]
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
    #[schema(value_type = TimeSchema)]
    at: String,
    /// `credit` (money came in) or `debit`.
    #[schema(example = "debit")]
    direction: &'static str,
    /// More than zero.
    #[schema(value_type = DecimalSchema)]
    amount: Box<RawValue>,
    /// The posted balance after this line.
    #[schema(value_type = DecimalSchema)]
    balance_after: Box<RawValue>,
    /// What the payment does.
    #[schema(value_type = KindSchema)]
    kind: &'static str,
    #[schema(format = Uuid)]
    payment_id: String,
    /// The payment's other account.
    counterparty: CounterpartyBody<'a>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LabelSchema>, nullable = false)]
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
            counterparty: CounterpartyBody::of(&line.counterparty),
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
