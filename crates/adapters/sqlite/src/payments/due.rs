//! The sweeper's list: which payments still wait for a worker; and the watches that feed it.

use crate::rows::{self, shown};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_ports::{DueStore, Ripened, StoreError};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// The states of a payment that a worker has something to do for, now or at its time, parked or not.
macro_rules! is_due {
    () => {
        "status IN ('PENDING', 'PROCESSING', 'AUTHORIZED')"
    };
}
pub(crate) use is_due;

const WATCH: &str = "INSERT INTO watches (payment_ids, made_at) VALUES (?, ?)";

const RIPE: &str =
    "SELECT id, payment_ids FROM watches WHERE made_at <= ? ORDER BY made_at LIMIT ?";

const FORGET_WATCHES: &str = "DELETE FROM watches WHERE id IN (SELECT value FROM json_each(?))";

/// What a watch names is JSON, as `json_each` reads it.
const MAKE_DUE: &str = concat!(
    "INSERT INTO due (payment_id, republish_at, accepted_at) \
     SELECT p.id, max(coalesce(iif(status = 'AUTHORIZED', expires_at, lease_until), 0), ?), \
        iif(status = 'AUTHORIZED', NULL, created_at) \
     FROM json_each(?) AS named CROSS JOIN payments p ON p.id = unhex(named.value) \
     WHERE parked_at IS NULL AND ",
    is_due!(),
    " ON CONFLICT DO NOTHING"
);

const BRING_BACK: &str = "\
    INSERT INTO due (payment_id, republish_at, accepted_at) \
    SELECT id, ?, iif(status = 'AUTHORIZED', NULL, created_at) FROM payments WHERE id = ? \
    ON CONFLICT (payment_id) DO UPDATE SET republish_at = excluded.republish_at, \
        accepted_at = excluded.accepted_at, republished = 0";

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

/// The first of those in flight, by the index of their acceptance; those that have ended are removed
/// by who ends them, so that few have to be passed over.
const OLDEST: &str = "\
    SELECT accepted_at AS at FROM due CROSS JOIN payments ON id = payment_id \
    WHERE accepted_at IS NOT NULL AND parked_at IS NULL AND status IN ('PENDING', 'PROCESSING') \
    ORDER BY accepted_at LIMIT 1";

#[derive(QueryableByName)]
struct WatchRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    payment_ids: String,
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
    #[diesel(sql_type = BigInt)]
    at: i64,
}

#[async_trait]
impl DueStore for SqliteStore {
    async fn ripen(&self, age: Duration, limit: u32) -> Result<Ripened, StoreError> {
        let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
        self.write(move |connection, now| {
            let Some(before) = now.checked_sub_signed(age) else { return Ok(Ripened::default()) };
            let ripe = statement(RIPE).time(before).integer(limit);
            let ripe: Vec<WatchRow> = ripe.rows(connection)?;
            let mut found = 0;
            for watch in &ripe {
                found += statement(MAKE_DUE).time(now).text(&watch.payment_ids).run(connection)?;
            }
            if !ripe.is_empty() {
                let ids = ripe.iter().map(|watch| Value::from(watch.id)).collect();
                statement(FORGET_WATCHES).list(ids).run(connection)?;
            }
            let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
            Ok(Ripened { watches: count(ripe.len()), found: count(found) })
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
        self.read(move |connection| {
            let row: Option<OldestRow> = statement(OLDEST).row(connection)?;
            let at = row.map(|row| rows::time("accepted_at", row.at));
            at.transpose().map_err(|broken| broken.in_row("due", "the oldest"))
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
    statement(BRING_BACK).time(at).id(id.0).run(connection).map(drop)
}

/// Leaves a watch of what was accepted together, so that the sweeper finds it should its hint never
/// be published.
pub(crate) fn watch(
    connection: &mut SqliteConnection,
    ids: impl IntoIterator<Item = PaymentId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    match ids.is_empty() {
        true => Ok(()),
        false => statement(WATCH).ids(ids).time(now).run(connection).map(drop),
    }
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
pub(crate) const STATEMENTS: &[&str] =
    &[WATCH, RIPE, FORGET_WATCHES, MAKE_DUE, BRING_BACK, DUE_NOW, REMOVE, POSTPONE, OLDEST];
