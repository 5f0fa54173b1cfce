//! Accounts, payments and statement lines as JSON: the fields and their names are those of the API's
//! bodies, which a test of the binary compares them with.
//!
//! What must stay true: an amount is an exact JSON number with its currency's scale; metadata goes
//! out as it came in; times are RFC 3339 in UTC with microseconds.

use chrono::SecondsFormat;
use paygate_core::Timestamp;
use paygate_core::account::{AccountRecord, Alias, Role};
use paygate_core::fx::AppliedRate;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Failure, PaymentRecord};
use paygate_core::text::{Label, Metadata, Reference};
use paygate_ports::StatementLine;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Text that is JSON as it stands: a decimal, or a client's object.
pub(super) struct Raw(String);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl From<Money> for Raw {
    fn from(money: Money) -> Self {
        Self(money.to_string())
    }
}

impl Raw {
    /// A sum in minor units; it may be more than a balance can be.
    pub(super) fn sum(minor: i128, currency: Currency) -> Self {
        Self(decimal(minor, currency))
    }

    fn metadata(metadata: &Metadata) -> Self {
        Self(metadata.as_str().to_owned())
    }
}

/// A sum in minor units as decimal text.
pub(super) fn decimal(minor: i128, currency: Currency) -> String {
    let scale = usize::from(currency.exponent());
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = scale.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    let sign = if minor < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// A time.
pub(super) fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What an account is for.
pub(super) fn role(role: &Role) -> &'static str {
    match role {
        Role::System(code) => code.as_str(),
        Role::Merchant(_) => "merchant",
        Role::Wallet => "wallet",
    }
}

/// What can be spent of an account.
pub(super) fn available(record: &AccountRecord) -> String {
    let account = &record.account;
    let minor = i128::from(account.posted_minor).saturating_sub(account.held_minor.into());
    decimal(minor, account.currency)
}

/// `open` or `closed`.
pub(super) fn status(record: &AccountRecord) -> &'static str {
    if record.account.closed { "closed" } else { "open" }
}

/// Which way money went.
pub(super) fn direction(amount: Money) -> &'static str {
    if amount.minor < 0 { "debit" } else { "credit" }
}

/// Who an account is.
#[derive(Serialize)]
pub(super) struct PartyBody<'a> {
    id: String,
    number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    role: &'static str,
}

impl<'a> PartyBody<'a> {
    pub(super) fn of(record: &'a AccountRecord) -> Self {
        Self {
            id: record.account.id.to_string(),
            number: record.account.number.to_string(),
            alias: record.alias.as_ref().map(Alias::as_str),
            name: record.name.as_ref().map(Label::as_str),
            role: role(&record.account.role),
        }
    }
}

/// An account.
#[derive(Serialize)]
pub(super) struct AccountBody<'a> {
    #[serde(flatten)]
    who: PartyBody<'a>,
    currency: &'static str,
    posted: Raw,
    held: Raw,
    available: Raw,
    overdraft: bool,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Raw>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
}

impl<'a> AccountBody<'a> {
    pub(super) fn of(record: &'a AccountRecord) -> Self {
        let account = &record.account;
        let amount = |minor: i64| Raw::sum(minor.into(), account.currency);
        Self {
            who: PartyBody::of(record),
            currency: account.currency.code(),
            posted: amount(account.posted_minor),
            held: amount(account.held_minor),
            available: Raw(available(record)),
            overdraft: account.overdraft,
            status: status(record),
            metadata: record.metadata.as_ref().map(Raw::metadata),
            created_at: time(record.created_at),
            closed_at: record.closed_at.map(time),
        }
    }
}

/// An amount with its currency.
#[derive(Serialize)]
struct MoneyBody {
    amount: Raw,
    currency: &'static str,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { amount: money.into(), currency: money.currency.code() }
    }
}

/// An exchange rate.
#[derive(Serialize)]
struct RateBody<'a> {
    base: &'static str,
    quote: &'static str,
    rate: Raw,
    source: &'a str,
    as_of: String,
}

impl<'a> RateBody<'a> {
    fn of(applied: &'a AppliedRate) -> Self {
        Self {
            base: applied.rate.base().code(),
            quote: applied.rate.quote().code(),
            rate: Raw(applied.rate.to_string()),
            source: &applied.source,
            as_of: time(applied.as_of),
        }
    }
}

/// Why a payment failed.
#[derive(Serialize)]
struct FailureBody<'a> {
    code: &'static str,
    detail: &'a str,
}

impl<'a> FailureBody<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self { code: failure.code.as_str(), detail: &failure.detail }
    }
}

/// A payment: the API's body, and its accounts.
#[derive(Serialize)]
pub(super) struct PaymentBody<'a> {
    id: String,
    kind: &'static str,
    amount: Raw,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx_date: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<MoneyBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<MoneyBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fx: Option<RateBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured_amount: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_amount: Option<Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Raw>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<PartyBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<PartyBody<'a>>,
}

impl<'a> PaymentBody<'a> {
    /// A payment between these accounts, as far as they are known.
    pub(super) fn of(record: &'a PaymentRecord, accounts: [Option<&'a AccountRecord>; 2]) -> Self {
        let PaymentRecord { payment, fx, quote, request } = record;
        let side = |money: Money| (money != payment.amount).then(|| money.into());
        let of_debit = |minor: i64| Raw::from(Money { minor, ..payment.debit });
        let refunded = Some(payment.refunded_minor).filter(|minor| *minor > 0);
        let [source, destination] = accounts.map(|account| account.map(PartyBody::of));
        Self {
            id: payment.id.to_string(),
            kind: payment.kind.as_str(),
            amount: payment.amount.into(),
            currency: payment.amount.currency.code(),
            reference: request.reference.as_ref().map(Reference::as_str),
            description: request.description.as_ref().map(Label::as_str),
            tx_date: request.tx_date.map(time),
            status: payment.status.as_str(),
            failure: payment.failure.as_ref().map(FailureBody::of),
            debit: side(payment.debit),
            credit: side(payment.credit),
            fx: fx.as_ref().map(RateBody::of),
            quote_id: quote.map(|id| id.to_string()),
            parent_id: payment.parent.map(|id| id.to_string()),
            capture: payment.hold.then_some(false),
            captured_amount: payment.captured_minor.map(of_debit),
            refunded_amount: refunded.map(of_debit),
            expires_at: payment.expires_at.map(time),
            metadata: request.metadata.as_ref().map(Raw::metadata),
            created_at: time(payment.created_at),
            updated_at: time(payment.updated_at),
            source,
            destination,
        }
    }
}

/// A line of a statement.
#[derive(Serialize)]
pub(super) struct LineBody<'a> {
    seq: i64,
    at: String,
    direction: &'static str,
    amount: Raw,
    balance_after: Raw,
    kind: &'static str,
    payment_id: String,
    counterparty: PartyBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> LineBody<'a> {
    pub(super) fn of(line: &'a StatementLine) -> Self {
        let posting = &line.posting;
        let currency = posting.amount.currency;
        Self {
            seq: posting.account_seq,
            at: time(line.at),
            direction: direction(posting.amount),
            amount: Raw::sum(i128::from(posting.amount.minor).abs(), currency),
            balance_after: Raw::sum(posting.balance_after_minor.into(), currency),
            kind: line.kind.as_str(),
            payment_id: line.payment.to_string(),
            counterparty: PartyBody::of(&line.counterparty),
            description: line.description.as_ref().map(Label::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_as_amounts_are() {
        for (code, minor) in
            [("USD", 0i64), ("USD", -5), ("USD", 10_050), ("JPY", -7), ("KWD", i64::MIN)]
        {
            let currency = Currency::parse(code).unwrap();
            let money = Money { minor, currency };
            assert_eq!(decimal(minor.into(), currency), money.to_string());
            let json = serde_json::to_string(&Raw::from(money)).unwrap();
            assert_eq!(json, money.to_string(), "a number, digit by digit");
        }
        let usd = Currency::parse("USD").unwrap();
        assert_eq!(decimal(i128::from(i64::MAX) * 100, usd), "9223372036854775807.00");
    }
}
