//! Payments, as decisions see them.

use super::read::corrupt;
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Failure, Payment, Reason};
use paygate_core::status::Status;
use paygate_ports::StoreError;
use uuid::Uuid;

/// The columns of [`PaymentRow`], in its order. `p` is the table.
macro_rules! payment_columns {
    () => {
        "p.id, p.kind, p.amount_minor, p.currency, p.debit_minor, p.debit_currency, \
         p.credit_minor, p.credit_currency, p.source_id, p.destination_id, p.parent_id, p.hold, \
         p.created_at, p.status, p.failure_code, p.failure_detail, p.attempts, p.lease_until, \
         p.parked_at IS NOT NULL, p.transitions, p.captured_minor, p.refunded_minor, \
         p.refunding_minor, p.expires_at, p.updated_at"
    };
}
pub(crate) use payment_columns;

/// The SQL types of [`PaymentRow`].
pub(crate) type PaymentTypes = (AcceptedTypes, ProgressTypes);

pub(crate) type AcceptedTypes = (
    SqlUuid,
    Text,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    SqlUuid,
    SqlUuid,
    Nullable<SqlUuid>,
    Bool,
    Timestamptz,
);

pub(crate) type ProgressTypes = (
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Integer,
    Nullable<Timestamptz>,
    Bool,
    Integer,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
    Timestamptz,
);

/// What decisions see of a payment. In two parts, since diesel's wider rows cost a cold build about as
/// much as all of this crate.
#[derive(Queryable)]
pub(crate) struct PaymentRow {
    accepted: AcceptedRow,
    progress: ProgressRow,
}

impl PaymentRow {
    /// Its id, which can be told of a row that can't be read.
    pub(crate) fn id(&self) -> Uuid {
        self.accepted.id
    }
}

/// What was accepted (of a refund the debit is fixed later).
#[derive(Queryable)]
pub(crate) struct AcceptedRow {
    id: Uuid,
    kind: String,
    amount_minor: i64,
    currency: String,
    debit_minor: Option<i64>,
    debit_currency: Option<String>,
    credit_minor: Option<i64>,
    credit_currency: Option<String>,
    source_id: Uuid,
    destination_id: Uuid,
    parent_id: Option<Uuid>,
    hold: bool,
    created_at: DateTime<Utc>,
}

/// What has become of it.
#[derive(Queryable)]
pub(crate) struct ProgressRow {
    status: String,
    failure_code: Option<String>,
    failure_detail: Option<String>,
    attempts: i32,
    lease_until: Option<DateTime<Utc>>,
    parked: bool,
    transitions: i32,
    captured_minor: Option<i64>,
    refunded_minor: i64,
    refunding_minor: i64,
    expires_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;

    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        let PaymentRow { accepted: row, progress } = row;
        let bad = |what: &str| corrupt("payments", row.id, what);
        let failure = match (&progress.failure_code, progress.failure_detail) {
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
            captured_minor: progress.captured_minor,
            refunded_minor: progress.refunded_minor,
            refunding_minor: progress.refunding_minor,
            expires_at: progress.expires_at,
            source: AccountId(row.source_id),
            destination: AccountId(row.destination_id),
            status: Status::parse(&progress.status).ok_or_else(|| bad("unknown status"))?,
            failure,
            attempts: progress.attempts,
            lease_until: progress.lease_until,
            parked: progress.parked,
            transitions: progress.transitions,
            created_at: row.created_at,
            updated_at: progress.updated_at,
        })
    }
}

/// Whether a payment's debit and credit are its amount, so that they are not kept.
pub(crate) fn is_plain(amount: Money, debit: Money, credit: Money) -> bool {
    debit == amount && credit == amount
}
