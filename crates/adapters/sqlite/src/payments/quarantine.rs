//! Poison: counting redeliveries, parking payments and bringing them back.

use crate::payments::due::{is_due, make_due, payment_id};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Text};
use paygate_core::id::PaymentId;
use paygate_ports::{Quarantine, Redelivered, StoreError};

const COUNT: &str = concat!(
    "UPDATE payments SET redeliveries = redeliveries + (redeliveries < ?) \
     WHERE max(coalesce(lease_until, 0), iif(status = 'AUTHORIZED', expires_at, 0)) <= ? \
     AND id IN (SELECT unhex(value) FROM json_each(?)) AND parked_at IS NULL AND ",
    is_due!(),
    " RETURNING id, redeliveries"
);

const PARK: &str = concat!(
    "UPDATE payments SET parked_at = ?, parked_reason = ? \
     WHERE id = ? AND parked_at IS NULL AND ",
    is_due!()
);

const UNPARK: &str = "\
    UPDATE payments SET parked_at = NULL, parked_reason = NULL, redeliveries = 0 \
    WHERE id = ? AND parked_at IS NOT NULL";

const PARKED: &str = concat!(
    "SELECT id, parked_reason FROM payments WHERE parked_at IS NOT NULL AND ",
    is_due!(),
    " ORDER BY id LIMIT ?"
);

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    redeliveries: i64,
}

#[derive(QueryableByName)]
struct ParkedRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    parked_reason: String,
}

#[async_trait]
impl Quarantine for SqliteStore {
    async fn redelivered(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
    ) -> Result<Vec<Redelivered>, StoreError> {
        self.write(move |connection, now| {
            let counted = statement(COUNT).integer(below).time(now);
            let counted = counted.ids(ids.iter().map(|id| id.0));
            let counted: Vec<CountRow> = counted.rows(connection)?;
            let answer = counted.into_iter().map(|row| {
                let times = i32::try_from(row.redeliveries).unwrap_or(i32::MAX);
                Ok(Redelivered { id: payment_id(&row.id)?, times })
            });
            answer.collect()
        })
        .await
    }

    async fn park(&self, id: PaymentId, reason: &str) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.write(move |connection, now| {
            Ok(statement(PARK).time(now).text(&reason).id(id.0).run(connection)? == 1)
        })
        .await
    }

    async fn unpark(&self, id: PaymentId) -> Result<bool, StoreError> {
        self.write(move |connection, now| {
            let was_parked = statement(UNPARK).id(id.0).run(connection)? == 1;
            if was_parked {
                make_due(connection, id, now)?;
            }
            Ok(was_parked)
        })
        .await
    }

    async fn parked(&self, limit: u16) -> Result<Vec<(PaymentId, String)>, StoreError> {
        self.read(move |connection| {
            let rows: Vec<ParkedRow> = statement(PARKED).integer(limit).rows(connection)?;
            rows.into_iter().map(|row| Ok((payment_id(&row.id)?, row.parked_reason))).collect()
        })
        .await
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[COUNT, PARK, UNPARK, PARKED];
