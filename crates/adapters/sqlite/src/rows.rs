//! Rows as the tables hold them, and how they become values of the domain. A row that breaks a rule
//! is [`StoreError::Corrupt`] with its table and id.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, CallerId, MerchantId, PaymentId};
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{
    Actor, Failure, Idempotency, Payment, PaymentRecord, Reason, Request, RequestHash, Transition,
};
use paygate_core::status::{Kind, Status};
use paygate_core::text::{IdempotencyKey, Metadata, Reference};
use paygate_ports::StoreError;
use std::fmt::Display;
use uuid::Uuid;

/// A column's value that is none of the domain's.
pub(crate) struct Broken(String);

impl Broken {
    pub(crate) fn in_row(self, table: &'static str, id: impl Display) -> StoreError {
        StoreError::Corrupt { table, id: id.to_string(), reason: self.0 }
    }
}

/// Reads a column, or says which value of which column can't be read.
pub(crate) fn read<T>(column: &str, found: impl Display, value: Option<T>) -> Result<T, Broken> {
    value.ok_or_else(|| Broken(format!("{column} is {found}")))
}

pub(crate) fn id(column: &str, bytes: &[u8]) -> Result<Uuid, Broken> {
    let length = format!("of {} bytes", bytes.len());
    read(column, length, Uuid::from_slice(bytes).ok())
}

pub(crate) fn time(column: &str, micros: i64) -> Result<Timestamp, Broken> {
    read(column, micros, Timestamp::from_timestamp_micros(micros))
}

pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, Broken> {
    let currency = read("currency", currency, Currency::parse(currency).ok())?;
    Ok(Money { minor, currency })
}

pub(crate) fn count(column: &str, number: i64) -> Result<i32, Broken> {
    read(column, number, i32::try_from(number).ok())
}

/// The id of a row for its error, whatever it is.
pub(crate) fn shown(id: &[u8]) -> String {
    Uuid::from_slice(id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string())
}

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
    #[diesel(sql_type = Binary)]
    source_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    destination_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    failure_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    failure_detail: Option<String>,
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
        "id, kind, amount_minor, currency, source_id, destination_id, status, failure_code, \
         failure_detail, attempts, lease_until, parked_at IS NOT NULL AS parked, transitions, \
         created_at, updated_at"
    };
}
pub(crate) use payment_columns;

impl PaymentRow {
    pub(crate) fn created_at(&self) -> Result<Timestamp, StoreError> {
        time("created_at", self.created_at)
            .map_err(|broken| broken.in_row("payments", shown(&self.id)))
    }

    pub(crate) fn id(&self) -> Result<PaymentId, StoreError> {
        let id = id("id", &self.id).map_err(|broken| broken.in_row("payments", shown(&self.id)))?;
        Ok(PaymentId(id))
    }

    fn parse(&self) -> Result<Payment, Broken> {
        let failure = match (&self.failure_code, &self.failure_detail) {
            (Some(code), Some(detail)) => Some(Failure {
                code: read("failure_code", code, Reason::parse(code))?,
                detail: detail.clone(),
            }),
            _ => None,
        };
        Ok(Payment {
            id: PaymentId(id("id", &self.id)?),
            kind: read("kind", &self.kind, Kind::parse(&self.kind))?,
            amount: money(self.amount_minor, &self.currency)?,
            source: AccountId(id("source_id", &self.source_id)?),
            destination: AccountId(id("destination_id", &self.destination_id)?),
            status: read("status", &self.status, Status::parse(&self.status))?,
            failure,
            attempts: count("attempts", self.attempts)?,
            lease_until: self.lease_until.map(|at| time("lease_until", at)).transpose()?,
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

/// A whole payment, as readers see it.
#[derive(QueryableByName)]
pub(crate) struct RecordRow {
    #[diesel(embed)]
    pub(crate) payment: PaymentRow,
    #[diesel(sql_type = Text)]
    merchant_id: String,
    #[diesel(sql_type = Text)]
    caller_id: String,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Nullable<Text>)]
    idempotency_key: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) request_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    metadata: Option<String>,
}

/// What [`RecordRow`] selects.
macro_rules! record_columns {
    () => {
        concat!(
            crate::rows::payment_columns!(),
            ", merchant_id, caller_id, reference, idempotency_key, request_hash, metadata"
        )
    };
}
pub(crate) use record_columns;

impl RecordRow {
    fn request(&self) -> Result<Request, Broken> {
        let idempotency = match (&self.idempotency_key, &self.request_hash) {
            (Some(key), Some(hash)) => {
                let length = format!("of {} bytes", hash.len());
                let hash = read("request_hash", length, hash.as_slice().try_into().ok())?;
                let key = read("idempotency_key", key, IdempotencyKey::parse(key).ok())?;
                Some(Idempotency { key, hash: RequestHash(hash) })
            }
            _ => None,
        };
        let metadata = self.metadata.as_ref().map(|text| {
            read("metadata", format!("of {} bytes", text.len()), Metadata::parse(text).ok())
        });
        // References are stored trimmed: one that parsing would change is not of our making.
        let reference =
            Reference::parse(&self.reference).ok().filter(|it| it.as_str() == self.reference);
        Ok(Request {
            merchant: MerchantId(self.merchant_id.clone()),
            caller: CallerId(self.caller_id.clone()),
            reference: read("reference", &self.reference, reference)?,
            idempotency,
            metadata: metadata.transpose()?,
        })
    }
}

impl TryFrom<RecordRow> for PaymentRecord {
    type Error = StoreError;
    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        let request =
            row.request().map_err(|broken| broken.in_row("payments", shown(&row.payment.id)))?;
        Ok(Self { payment: row.payment.try_into()?, request })
    }
}

/// A row of `payment_transitions`.
#[derive(QueryableByName)]
pub(crate) struct TransitionRow {
    #[diesel(sql_type = Binary)]
    payment_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    from_status: String,
    #[diesel(sql_type = Text)]
    to_status: String,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

impl TransitionRow {
    fn parse(&self) -> Result<Transition, Broken> {
        Ok(Transition {
            payment: PaymentId(id("payment_id", &self.payment_id)?),
            seq: count("seq", self.seq)?,
            from: read("from_status", &self.from_status, Status::parse(&self.from_status))?,
            to: read("to_status", &self.to_status, Status::parse(&self.to_status))?,
            actor: read("actor", &self.actor, Actor::parse(&self.actor))?,
            reason: read("reason", &self.reason, Reason::parse(&self.reason))?,
            at: time("at", self.at)?,
        })
    }
}

impl TryFrom<TransitionRow> for Transition {
    type Error = StoreError;
    fn try_from(row: TransitionRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| {
            let id = format!("{} {}", shown(&row.payment_id), row.seq);
            broken.in_row("payment_transitions", id)
        })
    }
}
