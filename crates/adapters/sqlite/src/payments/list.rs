//! Listing payments, newest first, in pages that are full or the last.
//!
//! What must stay true: no list is searched for what is rare in it. The payments of a kind and a
//! currency (a sort) are in an index in the order of their ids, and so are those of them in a rare
//! state; a list of several sorts is merged from the newest of each.

use crate::connection::in_transaction;
use crate::rows::{RecordRow, record_columns};
use crate::statement::{Statement, statement};
use diesel::sql_types::{Binary, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::payment::PaymentRecord;
use paygate_core::status::Status;
use paygate_ports::{Page, PaymentQuery, StoreError};
use uuid::Uuid;

/// The first sort after another, in a table whose index begins with what `$of` compares.
macro_rules! next_sort {
    ($table:literal, $of:literal) => {
        concat!(
            "SELECT kind, currency FROM ",
            $table,
            " WHERE ",
            $of,
            " AND (kind, currency) > (?, ?) ORDER BY kind, currency LIMIT 1"
        )
    };
}

/// The newest of a sort. NULL lets everything pass.
macro_rules! newest {
    ($table:literal, $id:literal, $of:literal) => {
        concat!(
            "SELECT ",
            $id,
            " AS id FROM ",
            $table,
            " WHERE ",
            $of,
            " AND kind = ? AND currency = ? AND ",
            $id,
            " >= ? AND ",
            $id,
            " < ? AND status = coalesce(?, status) AND created_at >= coalesce(?, created_at) \
              AND (? IS NULL OR created_at < ?) ORDER BY ",
            $id,
            " DESC LIMIT ?"
        )
    };
}

pub(crate) const NEXT_SORT_OF_OWNER: &str = next_sort!("payments", "owner = ?");
pub(crate) const NEWEST_OF_OWNER: &str = newest!("payments", "id", "owner = ?");
pub(crate) const NEXT_SORT: &str = next_sort!("payments", "true");
pub(crate) const NEWEST: &str = newest!("payments", "id", "true");
pub(crate) const NEXT_SORT_IN_STATE_OF_OWNER: &str =
    next_sort!("payment_states", "owner = ? AND status = ?");
pub(crate) const NEWEST_IN_STATE_OF_OWNER: &str =
    newest!("payment_states", "payment_id", "owner = ? AND status = ?");
pub(crate) const NEXT_SORT_IN_STATE: &str = next_sort!("payment_states", "status = ?");
pub(crate) const NEWEST_IN_STATE: &str = newest!("payment_states", "payment_id", "status = ?");

const RECORDS: &str = concat!(
    "SELECT ",
    record_columns!(),
    " FROM payments WHERE id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY id DESC"
);

/// Those of the payments that a query names which pass all filters.
macro_rules! filtered {
    ($named:literal) => {
        concat!(
            "SELECT ",
            record_columns!(),
            " FROM payments WHERE id IN (",
            $named,
            ") AND id >= ? AND id < ? AND owner = coalesce(?, owner) AND status = coalesce(?, status) \
              AND kind = coalesce(?, kind) AND currency = coalesce(?, currency) \
              AND (? IS NULL OR parent_id = ?) AND created_at >= coalesce(?, created_at) \
              AND (? IS NULL OR created_at < ?) ORDER BY id DESC LIMIT ?"
        )
    };
}

/// Everything in flight is watched, due or parked. SQLite would read all of `due` rather than the part
/// of an index that it knows nothing of; most of it may be holds.
const IN_FLIGHT: &str = filtered!(
    "SELECT unhex(named.value) FROM watches CROSS JOIN json_each(payment_ids) AS named UNION \
     SELECT payment_id FROM due INDEXED BY due_accepted_at WHERE accepted_at IS NOT NULL UNION \
     SELECT id FROM payments WHERE parked_at IS NOT NULL"
);

/// A reference names one payment of an owner: its index finds it at once.
const BY_REFERENCE_OF_OWNER: &str =
    filtered!("SELECT id FROM payments WHERE reference = ? AND owner = ?");

/// And as many as there are owners.
const BY_REFERENCE: &str = filtered!("SELECT id FROM payments WHERE reference = ?");

/// A payment has few refunds, and an index finds them.
const BY_PARENT: &str = filtered!("SELECT id FROM payments WHERE parent_id = ?");

#[derive(QueryableByName)]
struct SortRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    currency: String,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
}

pub(crate) fn page(
    connection: &mut SqliteConnection,
    query: &PaymentQuery,
) -> Result<Page, StoreError> {
    // All statements must see the same rows.
    let rows = in_transaction(connection, "BEGIN", |connection| rows(connection, query))?;
    let mut items = rows.into_iter().map(PaymentRecord::try_from).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > usize::from(query.limit);
    items.truncate(usize::from(query.limit));
    let next = items.last().map(|record| record.payment.id).filter(|_| more);
    Ok(Page { items, next })
}

/// A page and, if there is one, the first of the next.
fn rows(
    connection: &mut SqliteConnection,
    query: &PaymentQuery,
) -> Result<Vec<RecordRow>, StoreError> {
    let owner = query.owner.as_ref().map(ToString::to_string);
    match (&query.reference, query.parent, query.status) {
        (Some(reference), _, _) => {
            let named = match &owner {
                Some(owner) => {
                    statement(BY_REFERENCE_OF_OWNER).text(reference.as_str()).text(owner)
                }
                None => statement(BY_REFERENCE).text(reference.as_str()),
            };
            passing(named, query).rows(connection)
        }
        (None, Some(parent), _) => {
            passing(statement(BY_PARENT).id(parent.0), query).rows(connection)
        }
        (None, None, None | Some(Status::Success)) => {
            let (next_sort, newest) = match owner {
                Some(_) => (NEXT_SORT_OF_OWNER, NEWEST_OF_OWNER),
                None => (NEXT_SORT, NEWEST),
            };
            let of = |sql| with_owner(statement(sql), owner.as_deref());
            newest_of_each_sort(connection, query, &|| of(next_sort), &|| of(newest))
        }
        (None, None, Some(Status::Pending | Status::Processing)) => {
            passing(statement(IN_FLIGHT), query).rows(connection)
        }
        (
            None,
            None,
            Some(
                status @ (Status::Authorized
                | Status::ManualReview
                | Status::Failed
                | Status::Reversed
                | Status::Voided
                | Status::Expired),
            ),
        ) => {
            let (next_sort, newest) = match owner {
                Some(_) => (NEXT_SORT_IN_STATE_OF_OWNER, NEWEST_IN_STATE_OF_OWNER),
                None => (NEXT_SORT_IN_STATE, NEWEST_IN_STATE),
            };
            let of = |sql| with_owner(statement(sql), owner.as_deref()).text(status.as_str());
            newest_of_each_sort(connection, query, &|| of(next_sort), &|| of(newest))
        }
    }
}

/// Binds the owner of a statement that is about one.
fn with_owner(of: Statement, owner: Option<&str>) -> Statement {
    match owner {
        Some(owner) => of.text(owner),
        None => of,
    }
}

/// Binds the filters of a statement whose names are bound.
fn passing(named: Statement, query: &PaymentQuery) -> Statement {
    let parent = query.parent.map(|parent| parent.0);
    let (first, below) = bounds(query);
    named
        .blob(&first)
        .blob(&below)
        .optional_text(query.owner.as_ref().map(ToString::to_string).as_deref())
        .optional_text(query.status.map(|status| status.as_str()))
        .optional_text(query.kind.map(|kind| kind.as_str()))
        .optional_text(query.currency.map(|currency| currency.code()))
        .optional_id(parent)
        .optional_id(parent)
        .optional_time(query.created_after)
        .optional_time(query.created_before)
        .optional_time(query.created_before)
        .integer(i64::from(query.limit) + 1)
}

/// The first id that may pass, and the first that may not.
fn bounds(query: &PaymentQuery) -> ([u8; 16], [u8; 16]) {
    let (first, below) = query.ids();
    (first.0.into_bytes(), below.0.into_bytes())
}

fn newest_of_each_sort(
    connection: &mut SqliteConnection,
    query: &PaymentQuery,
    next_sort: &dyn Fn() -> Statement,
    newest: &dyn Fn() -> Statement,
) -> Result<Vec<RecordRow>, StoreError> {
    let most = i64::from(query.limit) + 1;
    let (first, below) = bounds(query);
    let mut ids: Vec<Vec<u8>> = Vec::new();
    let mut last = SortRow { kind: String::new(), currency: String::new() };
    while let Some(sort) =
        next_sort().text(&last.kind).text(&last.currency).row::<SortRow>(connection)?
    {
        last = sort;
        let wanted = query.kind.is_none_or(|kind| kind.as_str() == last.kind)
            && query.currency.is_none_or(|currency| currency.code() == last.currency);
        if !wanted {
            continue;
        }
        let newest = newest()
            .text(&last.kind)
            .text(&last.currency)
            .blob(&first)
            .blob(&below)
            .optional_text(query.status.map(|status| status.as_str()))
            .optional_time(query.created_after)
            .optional_time(query.created_before)
            .optional_time(query.created_before)
            .integer(most);
        ids.extend(newest.rows::<IdRow>(connection)?.into_iter().map(|row| row.id));
    }
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.truncate(usize::from(query.limit) + 1);
    let ids = ids.iter().filter_map(|id| Uuid::from_slice(id).ok());
    statement(RECORDS).ids(ids).rows(connection)
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    NEXT_SORT_OF_OWNER,
    NEWEST_OF_OWNER,
    NEXT_SORT,
    NEWEST,
    NEXT_SORT_IN_STATE_OF_OWNER,
    NEWEST_IN_STATE_OF_OWNER,
    NEXT_SORT_IN_STATE,
    NEWEST_IN_STATE,
    RECORDS,
    IN_FLIGHT,
    BY_REFERENCE_OF_OWNER,
    BY_REFERENCE,
    BY_PARENT,
];
