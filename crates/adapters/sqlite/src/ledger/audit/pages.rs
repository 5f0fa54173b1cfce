//! Rows read a page at a time, and what becomes of them: facts, or a row that can't be read.

use crate::statement::Statement;
use diesel::SqliteConnection;
use diesel::query_dsl::methods::LoadQuery;
use paygate_core::proof::Fact;
use paygate_ports::StoreError;
use std::collections::VecDeque;

/// How many rows a page holds that are shown one by one.
pub(super) const PAGE: i64 = 500;

/// How many rows a page holds that costs looking through a whole table, or all that is new.
pub(super) const SUMMARY_PAGE: i64 = 10_000;

/// Where facts go. Fails when nobody takes them any more.
pub(super) type Show<'a> = &'a mut dyn FnMut(Fact) -> Result<(), StoreError>;

/// A row that can't be read as a fact; any other error as it is.
pub(super) fn unreadable(error: StoreError) -> Result<Fact, StoreError> {
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
pub(super) use wide_sum;

/// A sum of both halves of its numbers.
pub(super) fn wide(high: i64, low: i64) -> i128 {
    (i128::from(high) << 32) + i128::from(low)
}

/// Rows in the order of a key, read a page at a time.
pub(super) struct Pages<Row> {
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
    pub(super) fn new(
        size: i64,
        first: Statement,
        after: impl Fn(&Row) -> Statement + 'static,
    ) -> Self {
        Self { rows: VecDeque::new(), following: Some(first), after: Box::new(after), size }
    }

    /// The next row.
    pub(super) fn next(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<Row>, StoreError> {
        self.next_if(connection, |_| true)
    }

    /// The next row if it is one that is wanted; otherwise it stays.
    pub(super) fn next_if(
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
