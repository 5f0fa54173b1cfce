//! The sweeper's list: which payments still wait for a worker.

use crate::rows::{self, shown};
use crate::statement::{Statement, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_ports::{DueStore, StoreError, Walked};
use uuid::Uuid;

/// The states of a payment that a worker has something to do for, now or at its time, parked or not.
macro_rules! is_due {
    () => {
        "status IN ('PENDING', 'PROCESSING', 'AUTHORIZED')"
    };
}
pub(crate) use is_due;

const WALK: &str = concat!(
    "INSERT INTO due (payment_id, republish_at) \
     SELECT id, max(coalesce(iif(status = 'AUTHORIZED', expires_at, lease_until), 0), ?) FROM \
        (SELECT * FROM payments WHERE id > ? AND id < ? ORDER BY id LIMIT ?) \
     WHERE parked_at IS NULL AND ",
    is_due!(),
    " ON CONFLICT DO NOTHING"
);

const WALK_END: &str = "\
    SELECT max(id) AS id FROM \
    (SELECT id FROM payments WHERE id > ? AND id < ? ORDER BY id LIMIT ?)";

const DUE_NOW: &str = concat!(
    "SELECT payment_id, parked_at IS NULL AND ",
    is_due!(),
    " AS live FROM due CROSS JOIN payments ON id = payment_id \
     WHERE republish_at <= ? ORDER BY republish_at, payment_id LIMIT ?"
);

const REMOVE: &str = "DELETE FROM due WHERE payment_id IN (SELECT unhex(value) FROM json_each(?))";

/// 5 s, then twice that, at most 5 minutes.
const POSTPONE: &str = "\
    UPDATE due SET republish_at = ? + min(5 << min(republished, 6), 300) * 1000000, \
        republished = republished + 1 \
    WHERE payment_id IN (SELECT unhex(value) FROM json_each(?))";

/// What is held only waits for its time.
// What is in flight is never due later than in an hour; holds are, and are left aside by that.
const OLDEST: &str = "\
    SELECT min(created_at) AS at FROM due CROSS JOIN payments ON id = payment_id \
    WHERE republish_at < ? AND parked_at IS NULL AND status IN ('PENDING', 'PROCESSING')";

#[derive(QueryableByName)]
struct LastRow {
    #[diesel(sql_type = Nullable<Binary>)]
    id: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = Binary)]
    payment_id: Vec<u8>,
    #[diesel(sql_type = Bool)]
    live: bool,
}

#[derive(QueryableByName)]
struct OldestRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    at: Option<i64>,
}

#[async_trait]
impl DueStore for SqliteStore {
    async fn walk(
        &self,
        after: PaymentId,
        before: PaymentId,
        limit: u32,
    ) -> Result<Walked, StoreError> {
        self.write(move |connection, now| {
            let range = |sql: Statement| sql.id(after.0).id(before.0).integer(limit);
            let found = range(statement(WALK).time(now)).run(connection)?;
            let last: Option<LastRow> = range(statement(WALK_END)).row(connection)?;
            let last = last.and_then(|row| row.id).map(|id| payment_id(&id)).transpose()?;
            Ok(Walked { last, found: u64::try_from(found).unwrap_or(u64::MAX) })
        })
        .await
    }

    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        self.write(move |connection, now| {
            // What is removed must not hide what is due behind it, or a caller would take too few
            // for the end of the list.
            let mut taken = Vec::new();
            loop {
                let wanted = usize::try_from(limit).unwrap_or(usize::MAX) - taken.len();
                let due = statement(DUE_NOW).time(now).integer(limit);
                let due: Vec<DueRow> = due.rows(connection)?;
                let (mut live, mut over) = (Vec::new(), Vec::new());
                for row in &due {
                    let side = if row.live { &mut live } else { &mut over };
                    side.push(payment_id(&row.payment_id)?);
                }
                live.truncate(wanted);
                if !over.is_empty() {
                    statement(REMOVE).ids(uuids(&over)).run(connection)?;
                }
                if !live.is_empty() {
                    statement(POSTPONE).time(now).ids(uuids(&live)).run(connection)?;
                }
                let end = over.is_empty() || live.len() == wanted;
                taken.extend(live);
                if end {
                    return Ok(taken);
                }
            }
        })
        .await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let soon = self.time() + TimeDelta::hours(1);
        self.read(move |connection| {
            let row: Option<OldestRow> = statement(OLDEST).time(soon).row(connection)?;
            let at = row.and_then(|row| row.at).map(|at| rows::time("created_at", at));
            at.transpose().map_err(|broken| broken.in_row("payments", "the oldest due"))
        })
        .await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(self.time())
    }
}

/// Makes a payment due at a time, as if for the first time.
pub(crate) fn make_due(
    connection: &mut SqliteConnection,
    id: PaymentId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let upsert = "\
        INSERT INTO due (payment_id, republish_at) VALUES (?, ?) ON CONFLICT (payment_id) \
        DO UPDATE SET republish_at = excluded.republish_at, republished = 0";
    statement(upsert).id(id.0).time(at).run(connection).map(drop)
}

fn uuids(ids: &[PaymentId]) -> impl Iterator<Item = Uuid> {
    ids.iter().map(|id| id.0)
}

/// The id of a payment as stored.
pub(crate) fn payment_id(bytes: &[u8]) -> Result<PaymentId, StoreError> {
    let id = rows::id("id", bytes).map_err(|broken| broken.in_row("payments", shown(bytes)))?;
    Ok(PaymentId(id))
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[WALK, WALK_END, DUE_NOW, REMOVE, POSTPONE, OLDEST];
