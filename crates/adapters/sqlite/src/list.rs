//! Listing payments, newest first, without an index on what may be filtered by: one call looks
//! through a window of rows, and the next goes on where it ended.

use crate::connection::in_transaction;
use crate::rows::{self, RecordRow, record_columns};
use crate::statement::{Statement, statement};
use diesel::sql_types::{BigInt, Binary, Nullable};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::id::PaymentId;
use paygate_core::payment::PaymentRecord;
use paygate_ports::{Page, PaymentQuery, StoreError};

/// How many rows one call looks through.
const WINDOW: i64 = 10_000;

/// What of the rows of a source passes all filters. NULL lets everything pass.
macro_rules! filtered {
    ($source:literal) => {
        concat!(
            "SELECT ",
            record_columns!(),
            " FROM ",
            $source,
            " WHERE merchant_id = ? AND status = coalesce(?, status) AND kind = coalesce(?, kind) \
              AND currency = coalesce(?, currency) AND (? IS NULL OR parent_id = ?) \
              AND created_at >= coalesce(?, created_at) AND (? IS NULL OR created_at < ?) \
              ORDER BY id DESC LIMIT ?"
        )
    };
}

const IN_WINDOW: &str =
    filtered!("(SELECT * FROM payments WHERE id < ? ORDER BY id DESC LIMIT 10000)");

/// A reference names one payment of a merchant: its index finds it at once.
const BY_REFERENCE: &str =
    filtered!("(SELECT * FROM payments WHERE id < ? AND merchant_id = ? AND reference = ?)");

/// A payment has few refunds, and an index finds them.
const BY_PARENT: &str = filtered!("(SELECT * FROM payments WHERE id < ? AND parent_id = ?)");

const WINDOW_END: &str = "\
    SELECT count(*) AS rows, min(id) AS last \
    FROM (SELECT id FROM payments WHERE id < ? ORDER BY id DESC LIMIT 10000)";

#[derive(QueryableByName)]
struct WindowRow {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    last: Option<Vec<u8>>,
}

pub(crate) fn page(
    connection: &mut SqliteConnection,
    query: &PaymentQuery,
) -> Result<Page, StoreError> {
    // Both statements must see the same rows, or the page would not end where its window does.
    in_transaction(connection, "BEGIN", |connection| {
        let items: Vec<RecordRow> = select(query).rows(connection)?;
        let items =
            items.into_iter().map(PaymentRecord::try_from).collect::<Result<Vec<_>, _>>()?;
        let next = if items.len() >= usize::from(query.limit) {
            items.last().map(|record| record.payment.id)
        } else if query.reference.is_some() || query.parent.is_some() {
            None
        } else {
            window_end(connection, query)?
        };
        Ok(Page { items, next })
    })
}

fn select(query: &PaymentQuery) -> Statement {
    let source = match (&query.reference, query.parent) {
        (None, None) => below(IN_WINDOW, query),
        (Some(reference), _) => {
            below(BY_REFERENCE, query).text(&query.merchant.0).text(reference.as_str())
        }
        (None, Some(parent)) => below(BY_PARENT, query).id(parent.0),
    };
    let parent = query.parent.map(|parent| parent.0);
    source
        .text(&query.merchant.0)
        .optional_text(query.status.map(|status| status.as_str()))
        .optional_text(query.kind.map(|kind| kind.as_str()))
        .optional_text(query.currency.map(|currency| currency.code()))
        .optional_id(parent)
        .optional_id(parent)
        .optional_time(query.created_after)
        .optional_time(query.created_before)
        .optional_time(query.created_before)
        .integer(query.limit)
}

/// Binds the id below which to look. Without a cursor that is one byte more than the greatest id,
/// and so greater than it.
fn below(sql: &'static str, query: &PaymentQuery) -> Statement {
    match query.cursor {
        Some(cursor) => statement(sql).id(cursor.0),
        None => statement(sql).blob(&[0xff; 17]),
    }
}

/// Where a window that was looked through ends, if it was full.
fn window_end(
    connection: &mut SqliteConnection,
    query: &PaymentQuery,
) -> Result<Option<PaymentId>, StoreError> {
    let window: Option<WindowRow> = below(WINDOW_END, query).row(connection)?;
    let full = window.filter(|window| window.rows >= WINDOW);
    let last = full.and_then(|window| window.last).map(|last| {
        let id = rows::id("id", &last);
        id.map_err(|broken| broken.in_row("payments", rows::shown(&last)))
    });
    Ok(last.transpose()?.map(PaymentId))
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[IN_WINDOW, BY_REFERENCE, BY_PARENT, WINDOW_END];
