//! How far the ledger has been proved.

use crate::error::PgError;
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::OptionalExtension;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl;
use paygate_core::Timestamp;
use paygate_ports::{ProofLog, StoreError};
use std::time::Duration;

/// Of two who ask at once the second waits for the row, and finds it begun.
struct Begin;
impl Sql for Begin {
    const TEXT: &'static str = "UPDATE ledger_proof SET begun_at = clock_timestamp(), \
         under_way = true WHERE begun_at <= clock_timestamp() \
         - CASE WHEN under_way THEN 10 ELSE 1 END * ?::bigint * interval '1 microsecond' \
         RETURNING proved_to";
    type Row = Timestamptz;
}

struct Record;
impl Sql for Record {
    const TEXT: &'static str =
        "UPDATE ledger_proof SET under_way = false, proved_to = greatest(proved_to, ?)";
    type Row = ();
}

#[async_trait]
impl ProofLog for PostgresStore {
    async fn begin(&self, every: Duration) -> Result<Option<Timestamp>, StoreError> {
        let begin = async {
            let mut connection = self.pool.get().await?;
            let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
            let begin = statement::<Begin>([Param::BigInt(every)]);
            Ok(begin.get_result::<DateTime<Utc>>(&mut connection).await.optional()?)
        };
        begin.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn record(&self, to: Timestamp) -> Result<(), StoreError> {
        let record = async {
            let mut connection = self.pool.get().await?;
            statement::<Record>([Param::Time(to)]).execute(&mut connection).await?;
            Ok(())
        };
        record.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

crate::statement::statements!(Begin, Record);
