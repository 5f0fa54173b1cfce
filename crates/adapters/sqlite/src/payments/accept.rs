//! Accepting payments: one INSERT for a batch, then one SELECT for what it left out.

use crate::payments::due::watch;
use crate::rows::{RecordRow, kept_sides, record_columns};
use crate::statement::{hex, hex_of_hash, hex_of_key, statement};
use diesel::sql_types::{BigInt, Binary};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::terms::Terms;
use paygate_ports::{Accepted, StoreError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const INSERT: &str = "\
    INSERT INTO payments (id, kind, owner, asked_by, amount_minor, currency, source_id, \
        destination_id, reference, key_hash, request_hash, metadata, debit_minor, \
        debit_currency, credit_minor, credit_currency, fx_numerator, fx_denominator, fx_source, \
        fx_as_of, quote_id, parent_id, hold, description, tx_date, created_at, updated_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, \
        unhex(value ->> 6), unhex(value ->> 7), value ->> 8, unhex(value ->> 9), unhex(value ->> 10), \
        value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, \
        value ->> 17, value ->> 18, value ->> 19, unhex(value ->> 20), unhex(value ->> 21), \
        value ->> 22, value ->> 23, value ->> 24, ?, ? \
    FROM json_each(?) WHERE true \
    ON CONFLICT DO NOTHING RETURNING id";

/// What stands in the way of each payment of a list, by its place in it: own id, key, reference, quote.
/// CROSS JOIN keeps SQLite from scanning payments for a list whose length it can't estimate.
const BLOCKERS: &str = concat!(
    "WITH new (place, row) AS MATERIALIZED (SELECT key, value FROM json_each(?)) \
     SELECT place, 1 AS why, ",
    record_columns!(),
    " FROM new CROSS JOIN payments ON id = unhex(row ->> 0) UNION ALL SELECT place, 2, ",
    record_columns!(),
    " FROM new CROSS JOIN payments ON key_hash = unhex(row ->> 9) UNION ALL SELECT place, 3, ",
    record_columns!(),
    " FROM new CROSS JOIN payments ON reference = row ->> 8 AND owner = row ->> 2 \
     UNION ALL SELECT place, 4, ",
    record_columns!(),
    " FROM new CROSS JOIN payments ON quote_id = unhex(row ->> 20) \
     ORDER BY place, why"
);

#[derive(QueryableByName)]
struct CreatedRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
}

#[derive(QueryableByName)]
struct BlockerRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = BigInt)]
    why: i64,
    #[diesel(embed)]
    record: RecordRow,
}

/// Stores a batch with a watch of what is new of it; answers in its order.
pub(crate) fn accept(
    connection: &mut SqliteConnection,
    now: Timestamp,
    batch: &[NewPayment],
) -> Result<Vec<Accepted>, StoreError> {
    let (answers, created) = store(connection, now, batch)?;
    watch(connection, created, now)?;
    Ok(answers)
}

/// As [`accept`], but without a watch: for what is settled in the same transaction. Answers also
/// what is new.
pub(crate) fn store(
    connection: &mut SqliteConnection,
    now: Timestamp,
    batch: &[NewPayment],
) -> Result<(Vec<Accepted>, BTreeSet<PaymentId>), StoreError> {
    let mut outcome = Outcome::default();
    insert(connection, now, batch, &mut outcome)?;
    let left: Vec<&NewPayment> =
        batch.iter().filter(|payment| !outcome.settles(payment.id)).collect();
    let mut blockers = blockers(connection, &left)?;
    let answer = |payment: &NewPayment| {
        if outcome.created.contains(&payment.id) {
            Accepted::Created(now)
        } else if let Some(error) = outcome.refused.get(&payment.id) {
            Accepted::Refused(error.clone())
        } else {
            match blockers.remove(&payment.id) {
                Some(blocker) => blocked_by(payment, blocker).unwrap_or_else(Accepted::Refused),
                None => Accepted::Refused(StoreError::Refused("it was not stored".to_owned())),
            }
        }
    };
    Ok((batch.iter().map(answer).collect(), outcome.created))
}

#[derive(Default)]
struct Outcome {
    created: BTreeSet<PaymentId>,
    refused: BTreeMap<PaymentId, StoreError>,
}

impl Outcome {
    fn settles(&self, id: PaymentId) -> bool {
        self.created.contains(&id) || self.refused.contains_key(&id)
    }
}

/// Inserts what nothing stands in the way of. SQLite undoes a statement that breaks a rule and goes
/// on with the transaction, so that halving the batch finds the payments that break it.
fn insert(
    connection: &mut SqliteConnection,
    now: Timestamp,
    batch: &[NewPayment],
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    let rows = batch.iter().map(row).collect();
    let inserted = statement(INSERT).time(now).time(now).list(rows).rows::<CreatedRow>(connection);
    match inserted {
        Ok(rows) => {
            let ids = rows.iter().filter_map(|row| Uuid::from_slice(&row.id).ok());
            outcome.created.extend(ids.map(PaymentId));
            Ok(())
        }
        Err(error) if error.is_transient() => Err(error),
        Err(error) => match batch {
            [one] => {
                outcome.refused.insert(one.id, error);
                Ok(())
            }
            _ => {
                let (first, second) = batch.split_at(batch.len().div_euclid(2));
                insert(connection, now, first, outcome)?;
                insert(connection, now, second, outcome)
            }
        },
    }
}

fn row(payment: &NewPayment) -> Value {
    let request = &payment.request;
    let Terms { amount, debit, credit, fx, quote } = &payment.terms;
    let key = request.idempotency.map(|idempotency| hex_of_key(idempotency.key));
    let hash = request.idempotency.map(|idempotency| hex_of_hash(idempotency.hash));
    let sides = kept_sides(*amount, *debit, *credit);
    let (debit, credit) = (sides.map(|(debit, _)| debit), sides.map(|(_, credit)| credit));
    json!([
        hex(payment.id.0),
        payment.kind.as_str(),
        request.owner.to_string(),
        request.asked_by.to_string(),
        amount.minor,
        amount.currency.code(),
        hex(payment.source.0),
        hex(payment.destination.0),
        request.reference.as_ref().map(|reference| reference.as_str()),
        key,
        hash,
        request.metadata.as_ref().map(|metadata| metadata.as_str()),
        debit.map(|debit| debit.minor),
        debit.map(|debit| debit.currency.code()),
        credit.map(|credit| credit.minor),
        credit.map(|credit| credit.currency.code()),
        fx.as_ref().map(|fx| fx.rate.numerator()),
        fx.as_ref().map(|fx| fx.rate.denominator()),
        fx.as_ref().map(|fx| fx.source.as_str()),
        fx.as_ref().map(|fx| fx.as_of.timestamp_micros()),
        quote.map(|quote| hex(quote.0)),
        payment.parent.map(|parent| hex(parent.0)),
        i64::from(payment.hold),
        request.description.as_ref().map(|description| description.as_str()),
        request.tx_date.map(|at| at.timestamp_micros()),
    ])
}

/// The first thing in the way of each payment.
fn blockers(
    connection: &mut SqliteConnection,
    left: &[&NewPayment],
) -> Result<BTreeMap<PaymentId, BlockerRow>, StoreError> {
    if left.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Value> = left.iter().map(|payment| row(payment)).collect();
    let found = statement(BLOCKERS).list(rows);
    let mut blockers = BTreeMap::new();
    for blocker in found.rows::<BlockerRow>(connection)? {
        let place = usize::try_from(blocker.place).ok();
        if let Some(payment) = place.and_then(|place| left.get(place)) {
            blockers.entry(payment.id).or_insert(blocker);
        }
    }
    Ok(blockers)
}

fn blocked_by(payment: &NewPayment, blocker: BlockerRow) -> Result<Accepted, StoreError> {
    let hash = payment.request.idempotency.map(|idempotency| idempotency.hash.0);
    let same_request = blocker.record.request_hash.as_deref() == hash.as_ref().map(|h| &h[..]);
    match blocker.why {
        1 => Ok(Accepted::Created(blocker.record.payment.created_at()?)),
        2 if same_request => {
            Ok(Accepted::Replayed(Box::new(PaymentRecord::try_from(blocker.record)?)))
        }
        2 => Ok(Accepted::KeyReused),
        3 => Ok(Accepted::ReferenceTaken { existing: blocker.record.payment.id()? }),
        _ => Ok(Accepted::QuoteUsed { existing: blocker.record.payment.id()? }),
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, BLOCKERS];
