//! Streaming the ledger, to be proved: page after page within one read transaction, so that all of it
//! is of one moment and no more than a page of it is in memory.
//!
//! A file is read beside the connection that writes. A database in memory has one connection, which
//! is kept until the end.

pub(crate) mod accounts;
mod pages;
pub(crate) mod payments;
pub(crate) mod since;

use crate::connection::in_transaction;
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, SqliteConnection};
use pages::Show;
use paygate_core::Timestamp;
use paygate_core::proof::{Fact, Scope};
use paygate_ports::{Audit, Examiner, StoreError};
use tokio::sync::mpsc;

/// How many facts may wait for the examiner.
const WAITING: usize = 500;

#[async_trait]
impl Audit for SqliteStore {
    async fn examine(&self, scope: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError> {
        // Before the snapshot, so that whatever is not in it is later.
        let now = self.time();
        let Some(readers) = &self.readers else {
            let read = |connection: &mut SqliteConnection| {
                let mut show = |fact| {
                    examiner.see(fact);
                    Ok(())
                };
                stream(connection, now, scope, &mut show)
            };
            return self.writer.run_inline(read).await;
        };
        let (tell, mut told) = mpsc::channel(WAITING);
        let reading = readers.run(move |connection| {
            let gone = |_| StoreError::Unavailable("nobody examines any more".to_owned());
            stream(connection, now, scope, &mut |fact| tell.blocking_send(fact).map_err(gone))
        });
        let showing = async {
            while let Some(fact) = told.recv().await {
                examiner.see(fact);
            }
        };
        let (read, ()) = tokio::join!(reading, showing);
        read
    }
}

fn stream(
    connection: &mut SqliteConnection,
    now: Timestamp,
    scope: Scope,
    show: Show<'_>,
) -> Result<(), StoreError> {
    in_transaction(connection, "BEGIN", |connection| {
        show(Fact::AsOf(now))?;
        match scope {
            Scope::Whole => {
                show(size(connection)?)?;
                accounts::show_all(connection, show)?;
                payments::show_all(connection, show)
            }
            Scope::Since(from) => {
                accounts::show_since(connection, from, show)?;
                payments::show_since(connection, from, show)
            }
        }
    })
}

/// Counting goes through the smallest index of each table: it is no statement to be planned.
const COUNT: &str = "\
    SELECT (SELECT count(*) FROM accounts) AS accounts, \
        (SELECT count(*) FROM payments) AS payments, \
        (SELECT count(*) FROM postings) AS postings, \
        (SELECT count(*) FROM payment_transitions) AS transitions";

#[derive(QueryableByName)]
struct SizeRow {
    #[diesel(sql_type = BigInt)]
    accounts: i64,
    #[diesel(sql_type = BigInt)]
    payments: i64,
    #[diesel(sql_type = BigInt)]
    postings: i64,
    #[diesel(sql_type = BigInt)]
    transitions: i64,
}

fn size(connection: &mut SqliteConnection) -> Result<Fact, StoreError> {
    let size: Option<SizeRow> = statement(COUNT).row(connection)?;
    let size = size.ok_or_else(|| StoreError::Unavailable("nothing was counted".to_owned()))?;
    let rows = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Fact::Size {
        accounts: rows(size.accounts),
        payments: rows(size.payments),
        postings: rows(size.postings),
        transitions: rows(size.transitions),
    })
}
