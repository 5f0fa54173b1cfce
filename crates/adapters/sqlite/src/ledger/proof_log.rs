//! How far the ledger has been proved.

use crate::rows::{shown, time};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use paygate_core::Timestamp;
use paygate_ports::{ProofLog, StoreError};
use std::time::Duration;

const BEGIN: &str = "\
    UPDATE ledger_proof SET begun_at = ?, under_way = 1 \
    WHERE begun_at <= iif(under_way, ?, ?) RETURNING proved_to";

const RECORD: &str = "\
    UPDATE ledger_proof SET under_way = 0, proved_to = max(proved_to, ?)";

#[derive(QueryableByName)]
struct ProvedRow {
    #[diesel(sql_type = BigInt)]
    proved_to: i64,
}

#[async_trait]
impl ProofLog for SqliteStore {
    async fn begin(&self, every: Duration) -> Result<Option<Timestamp>, StoreError> {
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
        self.write(move |connection, now| {
            let before = |every: i64| now.timestamp_micros().saturating_sub(every);
            let begin = statement(BEGIN)
                .time(now)
                .integer(before(every.saturating_mul(10)))
                .integer(before(every));
            let begun = begin.row::<ProvedRow>(connection)?;
            let proved = begun.map(|row| time("proved_to", row.proved_to)).transpose();
            proved.map_err(|broken| broken.in_row("ledger_proof", shown(&[])))
        })
        .await
    }

    async fn record(&self, to: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection, _| statement(RECORD).time(to).run(connection).map(drop)).await
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[BEGIN, RECORD];
