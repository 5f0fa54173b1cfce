//! Streaming the whole ledger, of one moment: everything is read by one read-only transaction of
//! its own snapshot, in pages.

pub(crate) mod accounts;
mod pages;
pub(crate) mod payments;

use crate::error::PgError;
use crate::statement::{Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::proof::{Fact, Scope};
use paygate_ports::{Audit, Examiner, StoreError};

/// The store's time, and time for a proof: it reads much and rarely. Not for ever: one whose caller
/// has gone keeps a snapshot open. The index on the times of entries is read by bitmaps only.
struct Unhurried;
impl Sql for Unhurried {
    const TEXT: &'static str = "SELECT clock_timestamp(), \
         set_config('statement_timeout', '1h', true), \
         set_config('idle_in_transaction_session_timeout', '10min', true), \
         set_config('enable_bitmapscan', 'on', true)";
    type Row = (Timestamptz, Text, Text, Text);
}

/// Unlike all others, a proof of the whole may read tables whole. What is new is found by indexes:
/// what it costs must not grow with what is old.
struct ReadingWhole;
impl Sql for ReadingWhole {
    const TEXT: &'static str = "SELECT set_config('enable_seqscan', 'on', true), \
         set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)";
    type Row = (Text, Text, Text);
}

/// The rows of accounts, payments, postings and transitions.
struct WholeSize;
impl Sql for WholeSize {
    const TEXT: &'static str = "SELECT (SELECT count(*) FROM accounts), \
         (SELECT count(*) FROM payments), (SELECT count(*) FROM postings), \
         (SELECT count(*) FROM payment_transitions)";
    type Row = (BigInt, BigInt, BigInt, BigInt);
}

#[async_trait]
impl Audit for PostgresStore {
    async fn examine(&self, scope: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError> {
        let examined = async {
            let mut connection = self.pool.get().await?;
            connection
                .build_transaction()
                .repeatable_read()
                .read_only()
                .run(async |connection| stream(connection, scope, examiner).await)
                .await
        };
        examined.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

async fn stream(
    connection: &mut AsyncPgConnection,
    scope: Scope,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    let unhurried = statement::<Unhurried>([]);
    let (now, ..) =
        unhurried.get_result::<(DateTime<Utc>, String, String, String)>(connection).await?;
    examiner.see(Fact::AsOf(now));
    if scope == Scope::Whole {
        let whole = statement::<ReadingWhole>([]);
        whole.get_result::<(String, String, String)>(connection).await?;
        examiner.see(size(connection).await?);
    }
    accounts::show(connection, scope, examiner).await?;
    payments::show(connection, scope, examiner).await
}

async fn size(connection: &mut AsyncPgConnection) -> Result<Fact, PgError> {
    let size = statement::<WholeSize>([]);
    let size: (i64, i64, i64, i64) = size.get_result(connection).await?;
    let (accounts, payments, postings, transitions) = size;
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    Ok(Fact::Size {
        accounts: count(accounts),
        payments: count(payments),
        postings: count(postings),
        transitions: count(transitions),
    })
}

crate::statement::statements!(Unhurried, ReadingWhole, WholeSize);
