//! Payments with what the client asked for.

use super::payment::PaymentRow;
use super::read::{corrupt, rate};
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use paygate_core::fx::AppliedRate;
use paygate_core::id::QuoteId;
use paygate_core::identity::{Actor, Idempotency, KeyHash, Owner, RequestHash};
use paygate_core::payment::{Payment, PaymentRecord, Request};
use paygate_core::text::{Label, Metadata, Reference};
use paygate_ports::StoreError;
use uuid::Uuid;

/// The columns of [`RequestRow`], in its order. `p` is the table.
macro_rules! request_columns {
    () => {
        "p.owner, p.asked_by, p.reference, p.key_hash, p.request_hash, p.metadata, \
         p.description, p.tx_date, p.fx_numerator, p.fx_denominator, p.fx_source, p.fx_as_of, \
         p.quote_id"
    };
}
pub(crate) use request_columns;

/// The SQL types of [`RequestRow`].
pub(crate) type RequestTypes = (
    Text,
    Text,
    Nullable<Text>,
    Nullable<SqlUuid>,
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

/// What the client asked for, and the rate it was given.
#[derive(Queryable)]
pub(crate) struct RequestRow {
    owner: String,
    asked_by: String,
    reference: Option<String>,
    key_hash: Option<Uuid>,
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

/// The whole of a payment.
pub(crate) fn record(row: (PaymentRow, RequestRow)) -> Result<PaymentRecord, StoreError> {
    let (payment_row, row) = row;
    let payment = Payment::try_from(payment_row)?;
    let bad = |what: &dyn ToString| corrupt("payments", payment.id, what.to_string());
    let idempotency = match (row.key_hash, row.request_hash) {
        (Some(key), Some(hash)) => Some(Idempotency {
            key: KeyHash(key.into_bytes()),
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
