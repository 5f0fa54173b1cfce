//! Streaming the ledger, to be proved: page after page within one read transaction, so that all of it
//! is of one moment and no more than a page of it is in memory.
//!
//! A file is read beside the connection that writes. A database in memory has one connection, which
//! is kept until the end.

pub(crate) mod accounts;
pub(crate) mod payments;
pub(crate) mod since;

use crate::connection::in_transaction;
use crate::statement::{Statement, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::proof::{Fact, Scope};
use paygate_ports::{Audit, Examiner, StoreError};
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// How many rows a page holds that are shown one by one.
const PAGE: i64 = 500;

/// How many rows a page holds that costs looking through a whole table, or all that is new.
const SUMMARY_PAGE: i64 = 10_000;

/// How many facts may wait for the examiner.
const WAITING: usize = 500;

/// Where facts go. Fails when nobody takes them any more.
type Show<'a> = &'a mut dyn FnMut(Fact) -> Result<(), StoreError>;

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
        (SELECT count(*) FROM journal_entries) AS entries, \
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
    entries: i64,
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
        entries: rows(size.entries),
        transitions: rows(size.transitions),
    })
}

/// A row that can't be read as a fact; any other error as it is.
fn unreadable(error: StoreError) -> Result<Fact, StoreError> {
    match error {
        StoreError::Corrupt { table, id, reason } => Ok(Fact::Unreadable { table, id, reason }),
        other => Err(other),
    }
}

/// A sum beyond 64 bits of the column it is named after, in two: see [`wide_sum`].
macro_rules! wide_sum {
    ($expression:literal, $name:literal) => {
        concat!(
            "coalesce(sum((",
            $expression,
            ") >> 32), 0) AS ",
            $name,
            "_high, coalesce(sum((",
            $expression,
            ") & 4294967295), 0) AS ",
            $name,
            "_low"
        )
    };
}
use wide_sum;

/// A sum of both halves of its numbers.
fn wide(high: i64, low: i64) -> i128 {
    (i128::from(high) << 32) + i128::from(low)
}

/// Rows in the order of a key, read a page at a time.
struct Pages<Row> {
    rows: VecDeque<Row>,
    following: Option<Statement>,
    after: Box<dyn Fn(&Row) -> Statement>,
    size: i64,
}

impl<Row> Pages<Row>
where
    Statement: for<'query> LoadQuery<'query, SqliteConnection, Row>,
{
    /// Starts with `first`; `after` is the page that follows a row. Both are of that size.
    fn new(size: i64, first: Statement, after: impl Fn(&Row) -> Statement + 'static) -> Self {
        Self { rows: VecDeque::new(), following: Some(first), after: Box::new(after), size }
    }

    /// The next row.
    fn next(&mut self, connection: &mut SqliteConnection) -> Result<Option<Row>, StoreError> {
        self.next_if(connection, |_| true)
    }

    /// The next row if it is one that is wanted; otherwise it stays.
    fn next_if(
        &mut self,
        connection: &mut SqliteConnection,
        wanted: impl FnOnce(&Row) -> bool,
    ) -> Result<Option<Row>, StoreError> {
        if self.rows.is_empty()
            && let Some(following) = self.following.take()
        {
            self.rows = following.rows(connection)?.into();
            let full = i64::try_from(self.rows.len()).is_ok_and(|rows| rows >= self.size);
            self.following = self.rows.back().filter(|_| full).map(&self.after);
        }
        let next = self.rows.front().is_some_and(wanted);
        Ok(if next { self.rows.pop_front() } else { None })
    }
}
