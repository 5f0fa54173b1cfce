//! The sweeper's list, and the watches that feed it.
//!
//! Each statement reads by an index: `statement_timestamp()` is stable, so that it can be compared by
//! one, which `clock_timestamp()` can't.

use crate::error::PgError;
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::OptionalExtension;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_ports::{DueStore, Ripened, StoreError};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

/// A watch that is seen was committed with all that it names. What the payments' states are is read
/// as of the statement's beginning: one that has ended since is due once too often, and forgotten by
/// the next [`Settle`]; none that is open can be missed, for what is opened again is made due by who
/// does it. The rows of `due` are added in one order.
struct Ripen;
impl Sql for Ripen {
    const TEXT: &'static str = "WITH chosen AS MATERIALIZED (SELECT id FROM watches \
         WHERE made_at <= statement_timestamp() - ?::bigint * interval '1 microsecond' \
         ORDER BY made_at LIMIT ? FOR UPDATE SKIP LOCKED), \
         ripe AS (DELETE FROM watches w USING chosen c WHERE w.id = c.id RETURNING w.payment_ids), \
         found AS (INSERT INTO due (payment_id, republish_at, accepted_at) \
         SELECT p.id, greatest(CASE p.status WHEN 'AUTHORIZED' THEN p.expires_at \
         ELSE p.lease_until END, statement_timestamp()), \
         CASE WHEN p.status <> 'AUTHORIZED' THEN p.created_at END \
         FROM ripe CROSS JOIN LATERAL unnest(ripe.payment_ids) AS named (id) \
         JOIN payments p ON p.id = named.id \
         WHERE p.status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') AND p.parked_at IS NULL \
         ORDER BY p.id ON CONFLICT DO NOTHING RETURNING payment_id) \
         SELECT (SELECT count(*) FROM ripe), (SELECT count(*) FROM found)";
    type Row = (BigInt, BigInt);
}

/// Locks what is due; `SKIP LOCKED` keeps sweepers apart.
struct Lock;
impl Sql for Lock {
    const TEXT: &'static str = "SELECT payment_id FROM due \
         WHERE republish_at <= statement_timestamp() ORDER BY republish_at LIMIT ? \
         FOR UPDATE SKIP LOCKED";
    type Row = SqlUuid;
}

/// Makes what is locked and open due again later, forgets the rest, and answers the open ones. Read
/// in a statement of its own, under the locks: who brings a payment back has committed before, or
/// waits for its row here and writes it anew.
struct Settle;
impl Sql for Settle {
    const TEXT: &'static str = "WITH open AS MATERIALIZED (SELECT id FROM payments WHERE id = ANY(?) \
         AND status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') AND parked_at IS NULL), \
         later AS (UPDATE due d SET republished = d.republished + 1, \
         republish_at = statement_timestamp() + \
         least(interval '5 seconds' * 2 ^ least(d.republished, 10), interval '5 minutes') \
         FROM open o WHERE d.payment_id = o.id), \
         over AS (DELETE FROM due d WHERE d.payment_id = ANY(?) \
         AND NOT EXISTS (SELECT FROM open o WHERE o.id = d.payment_id)) \
         SELECT id FROM open";
    type Row = SqlUuid;
}

/// The first of those in flight, by the index of their acceptance; those that have ended are removed
/// by who ends them, so that few have to be passed over. `OFFSET 0` keeps the planner from reading
/// `payments` on its own.
struct Oldest;
impl Sql for Oldest {
    const TEXT: &'static str = "SELECT d.accepted_at FROM due d CROSS JOIN LATERAL \
         (SELECT FROM payments WHERE id = d.payment_id AND status IN ('PENDING', 'PROCESSING') \
         AND parked_at IS NULL OFFSET 0) p \
         WHERE d.accepted_at IS NOT NULL ORDER BY d.accepted_at LIMIT 1";
    type Row = Timestamptz;
}

struct Now;
impl Sql for Now {
    const TEXT: &'static str = "SELECT clock_timestamp()";
    type Row = Timestamptz;
}

#[async_trait]
impl DueStore for PostgresStore {
    async fn ripen(&self, age: Duration, limit: u32) -> Result<Ripened, StoreError> {
        let ripen = async {
            let mut connection = self.pool.get().await?;
            let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
            let ripen = statement::<Ripen>([Param::BigInt(age), Param::BigInt(i64::from(limit))]);
            let (watches, found) = ripen.get_result::<(i64, i64)>(&mut connection).await?;
            let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
            Ok(Ripened { watches: count(watches), found: count(found) })
        };
        ripen.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        let store = self.clone();
        self.spawned(async move { store.until_won(|| store.take_once(limit)).await }).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = async {
            let mut connection = self.pool.get().await?;
            let oldest = statement::<Oldest>([]);
            Ok(oldest.get_result::<DateTime<Utc>>(&mut connection).await.optional()?)
        };
        oldest.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        let now = async {
            let mut connection = self.pool.get().await?;
            Ok(statement::<Now>([]).get_result::<DateTime<Utc>>(&mut connection).await?)
        };
        now.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn take_once(&self, limit: u32) -> Result<Vec<PaymentId>, PgError> {
        let mut connection = self.pool.get().await?;
        let mut open: Vec<PaymentId> = Vec::new();
        // What is forgotten does not count: it must not hide what is due behind it.
        loop {
            let left = i64::from(limit) - i64::try_from(open.len()).unwrap_or(i64::MAX);
            let taking =
                connection.transaction(async |connection| take(connection, left.max(0)).await);
            let (taken, forgotten) = taking.await?;
            open.extend(taken);
            if forgotten == 0 {
                return Ok(open);
            }
        }
    }
}

/// Takes up to `limit` rows off the list: what is open, in the order it was due, and how many rows
/// were forgotten.
async fn take(
    connection: &mut AsyncPgConnection,
    limit: i64,
) -> Result<(Vec<PaymentId>, usize), PgError> {
    let locked = statement::<Lock>([Param::BigInt(limit)]).load::<Uuid>(connection).await?;
    if locked.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let settle = statement::<Settle>([Param::Ids(locked.clone()), Param::Ids(locked.clone())]);
    let open: HashSet<Uuid> = settle.load::<Uuid>(connection).await?.into_iter().collect();
    let forgotten = locked.len().saturating_sub(open.len());
    let taken = locked.into_iter().filter(|id| open.contains(id)).map(PaymentId);
    Ok((taken.collect(), forgotten))
}

crate::statement::statements!(Ripen, Lock, Settle, Oldest, Now);
