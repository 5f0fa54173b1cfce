//! Payments, each with all that belongs to it.

use super::pages::{PAGE, Show, unreadable, wide, wide_sum};
use super::since;
use crate::rows::{
    PostingRow, RecordRow, TransitionRow, count, id, posting_columns, record_columns, shown, time,
    transition_columns,
};
use crate::statement::statement;
use diesel::sql_types::{BigInt, Binary};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_core::journal::Entry;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::proof::{Fact, PaymentFact, RefundSums};
use paygate_ports::StoreError;
use std::collections::BTreeMap;
use uuid::Uuid;

const PAYMENTS: &str =
    concat!("SELECT ", record_columns!(), " FROM payments WHERE id > ? ORDER BY id LIMIT ?");

macro_rules! of_payments {
    ($columns:expr, $table:literal, $column:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " WHERE ",
            $column,
            " IN (SELECT unhex(value) FROM json_each(?)) ",
            $rest
        )
    };
}

const NAMED: &str = of_payments!(record_columns!(), "payments", "id", "ORDER BY id");

const TRANSITIONS: &str = of_payments!(
    transition_columns!(),
    "payment_transitions",
    "payment_id",
    "ORDER BY payment_id, seq"
);

const ENTRIES: &str =
    of_payments!("payment_id, transition_seq, at", "journal_entries", "payment_id", "");

const POSTINGS: &str = of_payments!(
    posting_columns!(),
    "postings AS p",
    "p.payment_id",
    "ORDER BY p.payment_id, p.transition_seq, p.account_id"
);

const REFUNDS: &str = of_payments!(
    concat!(
        "parent_id, ",
        wide_sum!("iif(status = 'SUCCESS', coalesce(credit_minor, amount_minor), 0)", "refunded"),
        ", ",
        wide_sum!("iif(status = 'SUCCESS', coalesce(debit_minor, amount_minor), 0)", "taken"),
        ", ",
        wide_sum!(
            "iif(status IN ('PROCESSING', 'MANUAL_REVIEW'), coalesce(credit_minor, amount_minor), 0)",
            "refunding"
        )
    ),
    "payments",
    "parent_id",
    "GROUP BY parent_id"
);

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = Binary)]
    payment_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    transition_seq: i64,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

#[derive(QueryableByName)]
struct RefundsRow {
    #[diesel(sql_type = Binary)]
    parent_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    refunded_high: i64,
    #[diesel(sql_type = BigInt)]
    refunded_low: i64,
    #[diesel(sql_type = BigInt)]
    taken_high: i64,
    #[diesel(sql_type = BigInt)]
    taken_low: i64,
    #[diesel(sql_type = BigInt)]
    refunding_high: i64,
    #[diesel(sql_type = BigInt)]
    refunding_low: i64,
}

/// Shows all payments.
pub(super) fn show_all(
    connection: &mut SqliteConnection,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let mut after = Vec::new();
    loop {
        let page = statement(PAYMENTS).blob(&after).integer(PAGE);
        let page: Vec<RecordRow> = page.rows(connection)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.payment.id);
        show_payments(connection, page, show)?;
    }
}

/// Shows the payments that have an entry made since then.
pub(super) fn show_since(
    connection: &mut SqliteConnection,
    from: Timestamp,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let mut moved = since::payments(from);
    let page = usize::try_from(PAGE).unwrap_or(1);
    loop {
        let mut ids: Vec<Uuid> = Vec::new();
        while ids.len() < page
            && let Some(row) = moved.next(connection)?
        {
            ids.extend(Uuid::from_slice(&row.payment_id).ok());
        }
        if ids.is_empty() {
            return Ok(());
        }
        let payments = statement(NAMED).ids(ids).rows(connection)?;
        show_payments(connection, payments, show)?;
    }
}

/// Shows a page of payments, before them what of their belongings can't be read.
fn show_payments(
    connection: &mut SqliteConnection,
    page: Vec<RecordRow>,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let records: Vec<_> = page.into_iter().map(PaymentRecord::try_from).collect();
    let ids: Vec<Uuid> = records.iter().flatten().map(|record| record.payment.id.0).collect();
    let mut transitions = transitions(connection, &ids, show)?;
    let mut entries = entries(connection, &ids, show)?;
    let mut refunds = refunds(connection, &ids)?;
    for record in records {
        match record {
            Ok(record) => {
                let id = record.payment.id;
                let entries = entries.remove(&id).unwrap_or_default();
                show(Fact::Payment(Box::new(PaymentFact {
                    record,
                    transitions: transitions.remove(&id).unwrap_or_default(),
                    entries: entries.into_values().collect(),
                    refunds: refunds.remove(&id).unwrap_or_default(),
                })))?;
            }
            Err(error) => show(unreadable(error)?)?,
        }
    }
    Ok(())
}

fn transitions(
    connection: &mut SqliteConnection,
    ids: &[Uuid],
    show: Show<'_>,
) -> Result<BTreeMap<PaymentId, Vec<Transition>>, StoreError> {
    let rows: Vec<TransitionRow> =
        statement(TRANSITIONS).ids(ids.iter().copied()).rows(connection)?;
    let mut found: BTreeMap<_, Vec<Transition>> = BTreeMap::new();
    for row in rows {
        match Transition::try_from(row) {
            Ok(transition) => found.entry(transition.payment).or_default().push(transition),
            Err(error) => show(unreadable(error)?)?,
        }
    }
    Ok(found)
}

/// The entries of each payment by transition. A posting that can't be read, or that names no entry,
/// is shown with its account.
fn entries(
    connection: &mut SqliteConnection,
    ids: &[Uuid],
    show: Show<'_>,
) -> Result<BTreeMap<PaymentId, BTreeMap<i32, Entry>>, StoreError> {
    let rows: Vec<EntryRow> = statement(ENTRIES).ids(ids.iter().copied()).rows(connection)?;
    let mut found: BTreeMap<_, BTreeMap<i32, Entry>> = BTreeMap::new();
    for row in rows {
        match Entry::try_from(row) {
            Ok(entry) => {
                found.entry(entry.payment).or_default().insert(entry.transition_seq, entry);
            }
            Err(error) => show(unreadable(error)?)?,
        }
    }
    let rows: Vec<PostingRow> = statement(POSTINGS).ids(ids.iter().copied()).rows(connection)?;
    for (posting, payment, seq) in rows.iter().filter_map(|row| row.parse().ok()) {
        if let Some(entry) = found.get_mut(&payment).and_then(|of| of.get_mut(&seq)) {
            entry.postings.push(posting);
        }
    }
    Ok(found)
}

impl TryFrom<EntryRow> for Entry {
    type Error = StoreError;
    fn try_from(row: EntryRow) -> Result<Self, StoreError> {
        let read = || {
            Ok(Self {
                payment: PaymentId(id("payment_id", &row.payment_id)?),
                transition_seq: count("transition_seq", row.transition_seq)?,
                at: time("at", row.at)?,
                postings: Vec::new(),
            })
        };
        read().map_err(|broken: crate::rows::Broken| {
            let id = format!("{} {}", shown(&row.payment_id), row.transition_seq);
            broken.in_row("journal_entries", id)
        })
    }
}

fn refunds(
    connection: &mut SqliteConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<PaymentId, RefundSums>, StoreError> {
    let rows: Vec<RefundsRow> = statement(REFUNDS).ids(ids.iter().copied()).rows(connection)?;
    let sums = rows.into_iter().filter_map(|row| {
        let sums = RefundSums {
            refunded_minor: wide(row.refunded_high, row.refunded_low),
            taken_back_minor: wide(row.taken_high, row.taken_low),
            refunding_minor: wide(row.refunding_high, row.refunding_low),
        };
        Some((PaymentId(Uuid::from_slice(&row.parent_id).ok()?), sums))
    });
    Ok(sums.collect())
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PAYMENTS, NAMED, TRANSITIONS, ENTRIES, POSTINGS, REFUNDS];
