//! Setting poison aside. Nothing here reads a payment into the domain: it works on rows that can't
//! be read.

use crate::error::PgError;
use crate::statement::{Param, Sql, Statement, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel::sql_types::{Bool, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use paygate_core::id::PaymentId;
use paygate_ports::{Quarantine, Redelivered, StoreError};
use uuid::Uuid;

/// The rows are locked in the order of their ids first, as everywhere.
struct Count;
impl Sql for Count {
    const TEXT: &'static str = "WITH l AS (SELECT id FROM payments WHERE id = ANY(?) \
         AND (status IN ('PENDING', 'PROCESSING') \
         OR (status = 'AUTHORIZED' AND expires_at <= clock_timestamp())) AND parked_at IS NULL \
         AND (lease_until IS NULL OR lease_until <= clock_timestamp()) \
         ORDER BY id FOR NO KEY UPDATE) \
         UPDATE payments p SET redeliveries = p.redeliveries + (p.redeliveries < ?)::integer \
         FROM l WHERE p.id = l.id \
         RETURNING p.id, p.redeliveries";
    type Row = (SqlUuid, Integer);
}

struct Park;
impl Sql for Park {
    const TEXT: &'static str = "WITH parked AS (UPDATE payments \
         SET parked_at = clock_timestamp(), parked_reason = ? \
         WHERE id = ? AND parked_at IS NULL AND status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') \
         RETURNING id) \
         SELECT EXISTS (SELECT FROM parked)";
    type Row = Bool;
}

struct Unpark;
impl Sql for Unpark {
    const TEXT: &'static str = "WITH back AS (UPDATE payments \
         SET parked_at = NULL, parked_reason = NULL, redeliveries = 0 \
         WHERE id = ? AND parked_at IS NOT NULL RETURNING id, status, created_at), \
         again AS (INSERT INTO due (payment_id, republish_at, accepted_at) \
         SELECT id, statement_timestamp(), CASE WHEN status <> 'AUTHORIZED' THEN created_at END \
         FROM back ON CONFLICT (payment_id) DO UPDATE SET republish_at = excluded.republish_at, \
         accepted_at = excluded.accepted_at, republished = 0) \
         SELECT EXISTS (SELECT FROM back)";
    type Row = Bool;
}

struct Parked;
impl Sql for Parked {
    const TEXT: &'static str = "SELECT id, parked_reason FROM payments \
         WHERE parked_at IS NOT NULL AND parked_reason IS NOT NULL \
         AND status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') ORDER BY id LIMIT ?";
    type Row = (SqlUuid, Text);
}

#[async_trait]
impl Quarantine for PostgresStore {
    async fn redelivered(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
    ) -> Result<Vec<Redelivered>, StoreError> {
        let count = async {
            let mut connection = self.pool.get().await?;
            let ids = ids.into_iter().map(|id| id.0).collect();
            let count = statement::<Count>([Param::Ids(ids), Param::Int(below)]);
            let rows = count.load::<(Uuid, i32)>(&mut connection).await?;
            let counted = |(id, times)| Redelivered { id: PaymentId(id), times };
            Ok(rows.into_iter().map(counted).collect())
        };
        count.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn park(&self, id: PaymentId, reason: &str) -> Result<bool, StoreError> {
        let reason = Param::Text(reason.replace('\0', ""));
        self.yes_or_no(statement::<Park>([reason, Param::Id(id.0)])).await
    }

    async fn unpark(&self, id: PaymentId) -> Result<bool, StoreError> {
        self.yes_or_no(statement::<Unpark>([Param::Id(id.0)])).await
    }

    async fn parked(&self, limit: u16) -> Result<Vec<(PaymentId, String)>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let parked = statement::<Parked>([Param::BigInt(i64::from(limit))]);
            let rows = parked.load::<(Uuid, String)>(&mut connection).await?;
            Ok(rows.into_iter().map(|(id, reason)| (PaymentId(id), reason)).collect())
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn yes_or_no<S: Sql<Row = Bool>>(&self, ask: Statement<S>) -> Result<bool, StoreError> {
        let asking = async {
            let mut connection = self.pool.get().await?;
            Ok(ask.get_result::<bool>(&mut connection).await?)
        };
        asking.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

crate::statement::statements!(Count, Park, Unpark, Parked);
