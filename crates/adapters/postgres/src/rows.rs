//! Rows, and what they mean. A row that breaks a rule of the domain is an error that names its
//! table and id.

use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{
    BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use paygate_core::account::{Account, AccountNumber, AccountRecord, Alias, Role, SystemAccount};
use paygate_core::fx::{AppliedRate, Rate};
use paygate_core::id::{AccountId, PaymentId, QuoteId};
use paygate_core::identity::{Actor, Idempotency, KeyHash, Owner, RequestHash};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Failure, Payment, PaymentRecord, Reason, Request, Transition};
use paygate_core::status::Status;
use paygate_core::text::{Label, Metadata, Reference};
use paygate_ports::StoreError;
use uuid::Uuid;

/// The columns of [`PaymentRow`], in its order. `p` is the table.
macro_rules! payment_columns {
    () => {
        "p.id, p.kind, p.amount_minor, p.currency, p.source_id, p.destination_id, p.status, \
         p.failure_code, p.failure_detail, p.attempts, p.lease_until, p.parked_at IS NOT NULL, \
         p.transitions, p.created_at, p.updated_at, p.debit_minor, p.debit_currency, \
         p.credit_minor, p.credit_currency, p.parent_id, p.hold, p.captured_minor, \
         p.refunded_minor, p.refunding_minor, p.expires_at"
    };
}
/// The columns of [`RequestRow`], in its order. `p` is the table.
macro_rules! request_columns {
    () => {
        "p.owner, p.asked_by, p.reference, p.key_hash, p.request_hash, p.metadata, \
         p.description, p.tx_date, p.fx_numerator, p.fx_denominator, p.fx_source, p.fx_as_of, \
         p.quote_id"
    };
}
pub(crate) use {payment_columns, request_columns};

/// The SQL types of [`PaymentRow`].
pub(crate) type PaymentTypes = (
    SqlUuid,
    Text,
    BigInt,
    Text,
    SqlUuid,
    SqlUuid,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Integer,
    Nullable<Timestamptz>,
    Bool,
    Integer,
    Timestamptz,
    Timestamptz,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<SqlUuid>,
    Bool,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
);

/// The SQL types of [`RequestRow`].
pub(crate) type RequestTypes = (
    Text,
    Text,
    Nullable<Text>,
    Nullable<Binary>,
    Nullable<Binary>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Timestamptz>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Timestamptz>,
    Nullable<SqlUuid>,
);

/// What decisions see of a payment.
#[derive(Queryable)]
pub(crate) struct PaymentRow {
    pub(crate) id: Uuid,
    kind: String,
    amount_minor: i64,
    currency: String,
    source_id: Uuid,
    destination_id: Uuid,
    status: String,
    failure_code: Option<String>,
    failure_detail: Option<String>,
    attempts: i32,
    lease_until: Option<DateTime<Utc>>,
    parked: bool,
    transitions: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    debit_minor: Option<i64>,
    debit_currency: Option<String>,
    credit_minor: Option<i64>,
    credit_currency: Option<String>,
    parent_id: Option<Uuid>,
    hold: bool,
    captured_minor: Option<i64>,
    refunded_minor: i64,
    refunding_minor: i64,
    expires_at: Option<DateTime<Utc>>,
}

/// What the client asked for, and the rate it was given.
#[derive(Queryable)]
pub(crate) struct RequestRow {
    owner: String,
    asked_by: String,
    reference: Option<String>,
    key_hash: Option<Vec<u8>>,
    request_hash: Option<Vec<u8>>,
    metadata: Option<String>,
    description: Option<String>,
    tx_date: Option<DateTime<Utc>>,
    fx_numerator: Option<i64>,
    fx_denominator: Option<i64>,
    fx_source: Option<String>,
    fx_as_of: Option<DateTime<Utc>>,
    quote_id: Option<Uuid>,
}

/// The error for a row of `table` that breaks a rule.
pub(crate) fn corrupt(table: &'static str, id: impl ToString, reason: impl ToString) -> StoreError {
    StoreError::Corrupt { table, id: id.to_string(), reason: reason.to_string() }
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;

    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        let bad = |what: &str| corrupt("payments", row.id, what);
        let failure = match (&row.failure_code, row.failure_detail) {
            (Some(code), Some(detail)) => {
                let code = Reason::parse(code).ok_or_else(|| bad("unknown failure_code"))?;
                Some(Failure { code, detail })
            }
            (None, None) => None,
            _ => return Err(bad("half a failure")),
        };
        let currency = |code: &str| Currency::parse(code).map_err(|_| bad("unknown currency"));
        let amount = Money { minor: row.amount_minor, currency: currency(&row.currency)? };
        let side = |minor: Option<i64>, code: Option<&str>| match (minor, code) {
            (Some(minor), Some(code)) => Ok(Money { minor, currency: currency(code)? }),
            (None, None) => Ok(amount),
            _ => Err(bad("half a debit or credit")),
        };
        Ok(Self {
            id: PaymentId(row.id),
            kind: Kind::parse(&row.kind).ok_or_else(|| bad("unknown kind"))?,
            amount,
            debit: side(row.debit_minor, row.debit_currency.as_deref())?,
            credit: side(row.credit_minor, row.credit_currency.as_deref())?,
            parent: row.parent_id.map(PaymentId),
            hold: row.hold,
            captured_minor: row.captured_minor,
            refunded_minor: row.refunded_minor,
            refunding_minor: row.refunding_minor,
            expires_at: row.expires_at,
            source: AccountId(row.source_id),
            destination: AccountId(row.destination_id),
            status: Status::parse(&row.status).ok_or_else(|| bad("unknown status"))?,
            failure,
            attempts: row.attempts,
            lease_until: row.lease_until,
            parked: row.parked,
            transitions: row.transitions,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// The whole of a payment.
pub(crate) fn record(row: (PaymentRow, RequestRow)) -> Result<PaymentRecord, StoreError> {
    let (payment_row, row) = row;
    let payment = Payment::try_from(payment_row)?;
    let bad = |what: &dyn ToString| corrupt("payments", payment.id, what.to_string());
    let idempotency = match (row.key_hash, row.request_hash) {
        (Some(key), Some(hash)) => Some(Idempotency {
            key: KeyHash(key.try_into().map_err(|_| bad(&"key_hash is not 16 bytes"))?),
            hash: RequestHash(hash.try_into().map_err(|_| bad(&"request_hash is not 32 bytes"))?),
        }),
        (None, None) => None,
        _ => return Err(bad(&"half an idempotency key")),
    };
    let metadata = row.metadata.map(|json| Metadata::parse(&json)).transpose();
    let reference = row.reference.map(|text| Reference::parse(&text)).transpose();
    let description = row.description.map(|text| Label::parse(&text)).transpose();
    let fx = match (row.fx_numerator, row.fx_denominator, row.fx_source, row.fx_as_of) {
        (Some(numerator), Some(denominator), Some(source), Some(as_of)) => {
            let (base, quote) = match payment.debit.currency == payment.credit.currency {
                true => (payment.amount.currency, payment.debit.currency),
                false => (payment.debit.currency, payment.credit.currency),
            };
            let rate = rate(base, quote, numerator, denominator).map_err(|why| bad(&why))?;
            Some(AppliedRate { rate, source, as_of })
        }
        (None, None, None, None) => None,
        _ => return Err(bad(&"half a rate")),
    };
    let request = Request {
        owner: Owner::parse(&row.owner).ok_or_else(|| bad(&"unknown owner"))?,
        asked_by: Actor::parse(&row.asked_by).ok_or_else(|| bad(&"unknown asked_by"))?,
        reference: reference.map_err(|error| bad(&error))?,
        idempotency,
        description: description.map_err(|error| bad(&error))?,
        tx_date: row.tx_date,
        metadata: metadata.map_err(|error| bad(&error))?,
    };
    Ok(PaymentRecord { payment, fx, quote: row.quote_id.map(QuoteId), request })
}

/// The rate of two columns.
pub(crate) fn rate(
    base: Currency,
    quote: Currency,
    numerator: i64,
    denominator: i64,
) -> Result<Rate, String> {
    let part = |part: i64| u64::try_from(part).map_err(|error| error.to_string());
    Rate::new(base, quote, part(numerator)?, part(denominator)?).map_err(|error| error.to_string())
}

/// Whether a payment's debit and credit are its amount, so that they are not kept.
pub(crate) fn is_plain(amount: Money, debit: Money, credit: Money) -> bool {
    debit == amount && credit == amount
}

/// A row of the timeline.
#[derive(Queryable)]
pub(crate) struct TransitionRow {
    payment_id: Uuid,
    seq: i32,
    from_status: String,
    to_status: String,
    actor: String,
    reason: String,
    at: DateTime<Utc>,
}

/// The SQL types of [`TransitionRow`].
pub(crate) type TransitionTypes = (SqlUuid, Integer, Text, Text, Text, Text, Timestamptz);

impl TryFrom<TransitionRow> for Transition {
    type Error = StoreError;

    fn try_from(row: TransitionRow) -> Result<Self, StoreError> {
        let id = format!("{}/{}", row.payment_id, row.seq);
        let bad = |what: &str| corrupt("payment_transitions", &id, what);
        Ok(Self {
            payment: PaymentId(row.payment_id),
            seq: row.seq,
            from: Status::parse(&row.from_status).ok_or_else(|| bad("unknown from_status"))?,
            to: Status::parse(&row.to_status).ok_or_else(|| bad("unknown to_status"))?,
            actor: Actor::parse(&row.actor).ok_or_else(|| bad("unknown actor"))?,
            reason: Reason::parse(&row.reason).ok_or_else(|| bad("unknown reason"))?,
            at: row.at,
        })
    }
}

/// The columns of [`AccountRow`], in its order. `a` is the table.
macro_rules! account_columns {
    () => {
        "a.id, a.number, a.currency, a.system_code, a.owner, a.for_charges, a.overdraft, \
         a.posted_minor, a.held_minor, a.last_seq, a.last_entry_at, a.closed_at"
    };
}
pub(crate) use account_columns;

/// The SQL types of [`AccountRow`].
pub(crate) type AccountTypes = (
    SqlUuid,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Bool,
    BigInt,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);

/// An account.
#[derive(Queryable)]
pub(crate) struct AccountRow {
    pub(crate) id: Uuid,
    number: String,
    currency: String,
    system_code: Option<String>,
    owner: Option<String>,
    for_charges: bool,
    overdraft: bool,
    posted_minor: i64,
    held_minor: i64,
    last_seq: i64,
    last_entry_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let bad = |what: &str| corrupt("accounts", row.id, what);
        let owner = row.owner.map(|owner| Owner::parse(&owner).ok_or_else(|| bad("unknown owner")));
        let role = match (row.system_code.as_deref(), owner.transpose()?, row.for_charges) {
            (Some(code), None, _) => {
                Role::System(SystemAccount::parse(code).ok_or_else(|| bad("unknown system_code"))?)
            }
            (None, Some(Owner::Merchant(merchant)), true) => Role::Merchant(merchant),
            (None, Some(Owner::User(_)), true) => return Err(bad("a user's for charges")),
            (None, Some(owner), false) => Role::Wallet(owner),
            (None, None, _) => return Err(bad("nobody's")),
            (Some(_), Some(_), _) => return Err(bad("two owners")),
        };
        Ok(Self {
            id: AccountId(row.id),
            number: AccountNumber::parse(&row.number).map_err(|_| bad("number does not check"))?,
            currency: Currency::parse(&row.currency).map_err(|_| bad("unknown currency"))?,
            role,
            overdraft: row.overdraft,
            closed: row.closed_at.is_some(),
            posted_minor: row.posted_minor,
            held_minor: row.held_minor,
            last_seq: row.last_seq,
            last_entry_at: row.last_entry_at,
        })
    }
}

/// The columns of [`NamesRow`], in its order. `a` is the table.
macro_rules! names_columns {
    () => {
        "a.name, a.alias, a.metadata, a.created_at"
    };
}
pub(crate) use names_columns;

/// The SQL types of [`NamesRow`].
pub(crate) type NamesTypes = (Nullable<Text>, Nullable<Text>, Nullable<Text>, Timestamptz);

/// What an account is called.
#[derive(Queryable)]
pub(crate) struct NamesRow {
    name: Option<String>,
    alias: Option<String>,
    metadata: Option<String>,
    created_at: DateTime<Utc>,
}

/// The whole of an account.
pub(crate) fn account_record(
    (account, names): (AccountRow, NamesRow),
) -> Result<AccountRecord, StoreError> {
    let (id, closed_at) = (account.id, account.closed_at);
    let bad = |what: &str| corrupt("accounts", id, what);
    let account = Account::try_from(account)?;
    let name = names.name.map(|text| Label::parse(&text)).transpose();
    let alias = names.alias.map(|text| Alias::parse(&text)).transpose();
    let metadata = names.metadata.map(|json| Metadata::parse(&json)).transpose();
    Ok(AccountRecord {
        account,
        name: name.map_err(|_| bad("name breaks its rule"))?,
        alias: alias.map_err(|_| bad("alias breaks its rule"))?,
        metadata: metadata.map_err(|_| bad("metadata breaks its rule"))?,
        created_at: names.created_at,
        closed_at,
    })
}
