//! Streaming the whole ledger, of one moment: everything is read by one read-only transaction of
//! its own snapshot, in pages.

mod accounts;
mod payments;

use crate::PostgresStore;
use crate::error::PgError;
use crate::statement::{Param, Sql, statement};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::proof::{Fact, Scope};
use paygate_ports::{Audit, Examiner, StoreError};

/// How many accounts or payments are read at once.
const PAGE: i64 = 500;

/// A proof reads much and rarely: unlike the hot path it may take its time, and may read tables as a
/// whole. Not for ever: one whose caller has gone keeps a snapshot open.
struct Unhurried;
impl Sql for Unhurried {
    const TEXT: &'static str = "SELECT set_config('statement_timeout', '1h', true), \
         set_config('idle_in_transaction_session_timeout', '10min', true), \
         set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true), \
         set_config('enable_mergejoin', 'on', true)";
    type Row = (Text, Text, Text, Text, Text);
}

/// The store's time, then the rows of accounts, payments, postings, entries and transitions.
type SizeTypes = (Timestamptz, BigInt, BigInt, BigInt, BigInt, BigInt);
type SizeRow = (DateTime<Utc>, i64, i64, i64, i64, i64);

struct WholeSize;
impl Sql for WholeSize {
    const TEXT: &'static str = "SELECT clock_timestamp(), (SELECT count(*) FROM accounts), \
         (SELECT count(*) FROM payments), (SELECT count(*) FROM postings), \
         (SELECT count(*) FROM journal_entries), (SELECT count(*) FROM payment_transitions)";
    type Row = SizeTypes;
}

/// Counts what [`Scope::Since`] will show.
struct NewSize;
impl Sql for NewSize {
    const TEXT: &'static str = "WITH e AS MATERIALIZED (SELECT payment_id, transition_seq \
         FROM journal_entries WHERE at >= ?), \
         p AS MATERIALIZED (SELECT payment_id FROM e UNION SELECT r.parent_id \
         FROM e JOIN payments r ON r.id = e.payment_id WHERE r.parent_id IS NOT NULL), \
         a AS MATERIALIZED (SELECT account_id, min(first) AS first FROM ( \
         SELECT l.account_id, l.account_seq AS first \
         FROM e JOIN postings l USING (payment_id, transition_seq) UNION ALL \
         SELECT id, last_seq + 1 FROM accounts WHERE system_code IS NOT NULL) s \
         GROUP BY account_id) \
         SELECT clock_timestamp(), (SELECT count(*) FROM a), (SELECT count(*) FROM p), \
         (SELECT count(*) FROM a JOIN postings l ON l.account_id = a.account_id \
         AND l.account_seq >= a.first), \
         (SELECT count(*) FROM p JOIN journal_entries USING (payment_id)), \
         (SELECT count(*) FROM p JOIN payment_transitions USING (payment_id))";
    type Row = SizeTypes;
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
    unhurried.load::<(String, String, String, String, String)>(connection).await?;
    let (now, accounts, payments, postings, entries, transitions): SizeRow = match scope {
        Scope::Whole => statement::<WholeSize>([]).get_result(connection).await?,
        Scope::Since(at) => statement::<NewSize>([Param::Time(at)]).get_result(connection).await?,
    };
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    examiner.see(Fact::Size {
        now,
        accounts: count(accounts),
        payments: count(payments),
        postings: count(postings),
        entries: count(entries),
        transitions: count(transitions),
    });
    accounts::show(connection, scope, examiner).await?;
    payments::show(connection, scope, examiner).await
}

/// The fact that a row can't be read.
fn unreadable(error: StoreError) -> Fact {
    match error {
        StoreError::Corrupt { table, id, reason } => Fact::Unreadable { table, id, reason },
        other => {
            Fact::Unreadable { table: "unknown", id: String::new(), reason: other.to_string() }
        }
    }
}
