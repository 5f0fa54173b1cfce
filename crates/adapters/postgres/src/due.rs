//! The sweeper's list.

use crate::PostgresStore;
use crate::error::PgError;
use crate::statement::{Param, Sql, statement};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_ports::{DueStore, StoreError, Walked};
use uuid::Uuid;

struct Walk;
impl Sql for Walk {
    const TEXT: &'static str = "WITH page AS (SELECT id, status, parked_at, \
         CASE status WHEN 'AUTHORIZED' THEN expires_at ELSE lease_until END AS not_before \
         FROM payments WHERE id > ? AND id < ? ORDER BY id LIMIT ?), \
         found AS (INSERT INTO due (payment_id, republish_at) \
         SELECT id, greatest(not_before, clock_timestamp()) FROM page \
         WHERE status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') AND parked_at IS NULL \
         ON CONFLICT DO NOTHING RETURNING payment_id) \
         SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM found)";
    type Row = (Nullable<SqlUuid>, BigInt);
}

/// Takes what is due and, of that, forgets what is at its end. `SKIP LOCKED` keeps sweepers apart;
/// the status is read as committed, a hint too many does no harm.
struct Take;
impl Sql for Take {
    const TEXT: &'static str = "WITH taken AS (SELECT payment_id, republish_at FROM due \
         WHERE republish_at <= clock_timestamp() ORDER BY republish_at LIMIT ? \
         FOR UPDATE SKIP LOCKED), \
         open AS (SELECT t.payment_id FROM taken t JOIN payments p ON p.id = t.payment_id \
         WHERE p.status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') AND p.parked_at IS NULL), \
         later AS (UPDATE due d SET republished = d.republished + 1, \
         republish_at = clock_timestamp() + \
         least(interval '5 seconds' * 2 ^ least(d.republished, 10), interval '5 minutes') \
         FROM open o WHERE d.payment_id = o.payment_id RETURNING d.payment_id), \
         over AS (DELETE FROM due d USING taken t WHERE d.payment_id = t.payment_id \
         AND NOT EXISTS (SELECT FROM open o WHERE o.payment_id = t.payment_id)) \
         SELECT l.payment_id FROM taken t LEFT JOIN later l USING (payment_id) ORDER BY t.republish_at";
    /// `NULL` for what was forgotten.
    type Row = Nullable<SqlUuid>;
}

/// What is in flight is never due later than in an hour (leases and backoffs are far shorter); holds
/// are, and are left aside by that. `OFFSET 0` keeps the planner from going along `payments`.
struct Oldest;
impl Sql for Oldest {
    const TEXT: &'static str = "SELECT min(p.created_at) FROM due d CROSS JOIN LATERAL \
         (SELECT created_at FROM payments WHERE id = d.payment_id \
         AND status IN ('PENDING', 'PROCESSING') AND parked_at IS NULL OFFSET 0) p \
         WHERE d.republish_at < clock_timestamp() + interval '1 hour'";
    type Row = Nullable<Timestamptz>;
}

struct Now;
impl Sql for Now {
    const TEXT: &'static str = "SELECT clock_timestamp()";
    type Row = Timestamptz;
}

#[async_trait]
impl DueStore for PostgresStore {
    async fn walk(
        &self,
        after: PaymentId,
        before: PaymentId,
        limit: u32,
    ) -> Result<Walked, StoreError> {
        let step = || {
            let limit = Param::BigInt(i64::from(limit));
            statement::<Walk>([Param::Id(after.0), Param::Id(before.0), limit])
        };
        let walk = async {
            let mut connection = self.pool.get().await?;
            let seen = step().get_result::<(Option<Uuid>, i64)>(&mut connection).await;
            // Two sweepers that add the same rows at once may deadlock; the next step adds them.
            let (last, found) = seen?;
            let found = u64::try_from(found).unwrap_or(0);
            Ok(Walked { last: last.map(PaymentId), found })
        };
        walk.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        let take = async {
            let mut connection = self.pool.get().await?;
            let mut open: Vec<PaymentId> = Vec::new();
            // What is forgotten does not count: it must not hide what is due behind it.
            loop {
                let left = i64::from(limit) - i64::try_from(open.len()).unwrap_or(i64::MAX);
                let take = statement::<Take>([Param::BigInt(left.max(0))]);
                let taken = take.load::<Option<Uuid>>(&mut connection).await?;
                open.extend(taken.iter().copied().flatten().map(PaymentId));
                if taken.iter().all(Option::is_some) {
                    return Ok(open);
                }
            }
        };
        take.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = async {
            let mut connection = self.pool.get().await?;
            let oldest = statement::<Oldest>([]);
            Ok(oldest.get_result::<Option<DateTime<Utc>>>(&mut connection).await?)
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
