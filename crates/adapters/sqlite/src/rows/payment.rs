//! Rows of `payments` as decisions see them.

use super::read::{Broken, count, currency, id, money, optional_time, read, shown, time};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::payment::{Failure, Payment, Reason};
use paygate_core::status::Status;
use paygate_ports::StoreError;

/// The columns of `payments` that decisions see.
#[derive(QueryableByName)]
pub(crate) struct PaymentRow {
    #[diesel(sql_type = Binary)]
    pub(crate) id: Vec<u8>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    debit_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    debit_currency: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    credit_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    credit_currency: Option<String>,
    #[diesel(sql_type = Binary)]
    source_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    destination_id: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    parent_id: Option<Vec<u8>>,
    #[diesel(sql_type = Bool)]
    hold: bool,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    failure_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    failure_detail: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    captured_minor: Option<i64>,
    #[diesel(sql_type = BigInt)]
    refunded_minor: i64,
    #[diesel(sql_type = BigInt)]
    refunding_minor: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    expires_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    lease_until: Option<i64>,
    #[diesel(sql_type = Bool)]
    parked: bool,
    #[diesel(sql_type = BigInt)]
    transitions: i64,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

/// What [`PaymentRow`] selects.
macro_rules! payment_columns {
    () => {
        "id, kind, amount_minor, currency, debit_minor, debit_currency, credit_minor, \
         credit_currency, source_id, destination_id, parent_id, hold, status, failure_code, \
         failure_detail, captured_minor, refunded_minor, refunding_minor, expires_at, attempts, \
         lease_until, parked_at IS NOT NULL AS parked, transitions, created_at, updated_at"
    };
}
pub(crate) use payment_columns;

/// Debit and credit as they are kept when a payment is accepted: only where they differ from its
/// amount. Where they are kept they stay so, whatever the debit of a refund becomes.
pub(crate) fn kept_sides(amount: Money, debit: Money, credit: Money) -> Option<(Money, Money)> {
    (debit != amount || credit != amount).then_some((debit, credit))
}

impl PaymentRow {
    pub(crate) fn created_at(&self) -> Result<Timestamp, StoreError> {
        time("created_at", self.created_at)
            .map_err(|broken| broken.in_row("payments", shown(&self.id)))
    }

    pub(crate) fn id(&self) -> Result<PaymentId, StoreError> {
        let id = id("id", &self.id).map_err(|broken| broken.in_row("payments", shown(&self.id)))?;
        Ok(PaymentId(id))
    }

    /// What the sides are: the amount, unless they are kept.
    fn sides(&self, amount: Money) -> Result<(Money, Money), Broken> {
        let side = |column: &str, minor: Option<i64>, code: &Option<String>| {
            let side = match (minor, code) {
                (Some(minor), Some(code)) => {
                    Some(Money { minor, currency: currency(column, code)? })
                }
                _ => None,
            };
            Ok(side.unwrap_or(amount))
        };
        Ok((
            side("debit_currency", self.debit_minor, &self.debit_currency)?,
            side("credit_currency", self.credit_minor, &self.credit_currency)?,
        ))
    }

    pub(super) fn parse(&self) -> Result<Payment, Broken> {
        let failure = match (&self.failure_code, &self.failure_detail) {
            (Some(code), Some(detail)) => Some(Failure {
                code: read("failure_code", code, Reason::parse(code))?,
                detail: detail.clone(),
            }),
            _ => None,
        };
        let parent = self.parent_id.as_deref().map(|parent| id("parent_id", parent));
        let amount = money(self.amount_minor, &self.currency)?;
        let (debit, credit) = self.sides(amount)?;
        Ok(Payment {
            id: PaymentId(id("id", &self.id)?),
            kind: read("kind", &self.kind, Kind::parse(&self.kind))?,
            amount,
            debit,
            credit,
            source: AccountId(id("source_id", &self.source_id)?),
            destination: AccountId(id("destination_id", &self.destination_id)?),
            parent: parent.transpose()?.map(PaymentId),
            hold: self.hold,
            status: read("status", &self.status, Status::parse(&self.status))?,
            failure,
            captured_minor: self.captured_minor,
            refunded_minor: self.refunded_minor,
            refunding_minor: self.refunding_minor,
            expires_at: optional_time("expires_at", self.expires_at)?,
            attempts: count("attempts", self.attempts)?,
            lease_until: optional_time("lease_until", self.lease_until)?,
            parked: self.parked,
            transitions: count("transitions", self.transitions)?,
            created_at: time("created_at", self.created_at)?,
            updated_at: time("updated_at", self.updated_at)?,
        })
    }
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;
    fn try_from(row: PaymentRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| broken.in_row("payments", shown(&row.id)))
    }
}
