//! Running a decision on a book of rows, and writing what it changed.
//!
//! The one writing connection is the lock on all rows, so that no order of locking can go wrong.

use crate::accounts::load::{self, load_for};
use crate::rows::{PaymentRow, payment_columns};
use crate::statement::{hex, statement};
use diesel::SqliteConnection;
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::book::{Book, Changes};
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::Entry;
use paygate_core::payment::{Payment, Transition};
use paygate_ports::{Decide, StoreError, Transacted};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SELECT_PAYMENTS: &str = concat!(
    "SELECT ",
    payment_columns!(),
    " FROM payments WHERE id IN (SELECT unhex(value) FROM json_each(?))"
);

/// The debit is kept where it was kept when the payment was accepted: otherwise it is the amount.
const UPDATE_PAYMENTS: &str = "\
    UPDATE payments SET status = new.value ->> 1, failure_code = new.value ->> 2, \
        failure_detail = new.value ->> 3, attempts = new.value ->> 4, \
        lease_until = new.value ->> 5, transitions = new.value ->> 6, \
        updated_at = new.value ->> 7, \
        debit_minor = iif(debit_minor IS NULL, NULL, new.value ->> 8), \
        captured_minor = new.value ->> 9, refunded_minor = new.value ->> 10, \
        refunding_minor = new.value ->> 11, expires_at = new.value ->> 12 \
    FROM json_each(?) AS new WHERE payments.id = unhex(new.value ->> 0)";

const UPDATE_ACCOUNTS: &str = "\
    UPDATE accounts SET posted_minor = new.value ->> 1, held_minor = new.value ->> 2, \
        last_seq = new.value ->> 3, last_entry_at = new.value ->> 4 \
    FROM json_each(?) AS new WHERE accounts.id = unhex(new.value ->> 0)";

const INSERT_TRANSITIONS: &str = "\
    INSERT INTO payment_transitions (payment_id, seq, from_status, to_status, actor, reason, at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, \
        value ->> 6 \
    FROM json_each(?)";

const INSERT_POSTINGS: &str = "\
    INSERT INTO postings (account_id, account_seq, payment_id, transition_seq, amount_minor, \
        currency, balance_after_minor) \
    SELECT unhex(value ->> 0), value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, \
        value ->> 5, value ->> 6 \
    FROM json_each(?)";

const INSERT_ENTRIES: &str = "\
    INSERT INTO journal_entries (payment_id, transition_seq, at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?)";

const FORGET_DUE: &str =
    "DELETE FROM due WHERE payment_id IN (SELECT unhex(value) FROM json_each(?))";

const UPSERT_DUE: &str = "\
    INSERT INTO due (payment_id, republish_at, accepted_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?) WHERE true \
    ON CONFLICT (payment_id) DO UPDATE SET republish_at = excluded.republish_at, \
        accepted_at = excluded.accepted_at, republished = 0";

/// Runs `decide` on the payments that exist, and writes what it changed.
pub(crate) fn transact(
    connection: &mut SqliteConnection,
    now: Timestamp,
    ids: &BTreeSet<PaymentId>,
    loads: Loads,
    decide: &Decide,
) -> Result<Transacted, StoreError> {
    let mut book = load(connection, now, ids, loads)?;
    let verdicts = decide(&mut book);
    let changes = book.into_changes();
    write(connection, &changes)?;
    Ok(Transacted { changes, verdicts })
}

/// The book of these payments, as far as they exist: with what they refund, their accounts, and the
/// liquidity accounts of those that convert.
pub(crate) fn load(
    connection: &mut SqliteConnection,
    now: Timestamp,
    ids: &BTreeSet<PaymentId>,
    loads: Loads,
) -> Result<Book, StoreError> {
    let mut payments = select(connection, ids)?;
    let named = payments.len();
    let parents = payments.iter().filter_map(|payment| payment.parent);
    let parents: BTreeSet<PaymentId> = parents.filter(|parent| !ids.contains(parent)).collect();
    if !parents.is_empty() {
        payments.extend(select(connection, &parents)?);
    }
    let locked: Vec<&Payment> =
        payments.iter().filter(|payment| loads.locks_accounts_of(payment)).collect();
    let seen = payments.iter().take(named).filter(|payment| loads.sees_accounts_of(payment));
    let seen: BTreeSet<AccountId> =
        seen.flat_map(|payment| [payment.source, payment.destination]).collect();
    let accounts = load_for(connection, &locked)?;
    let seen = match seen.is_empty() {
        true => Vec::new(),
        false => load::load(connection, &seen)?,
    };
    Ok(Book::new(now, payments, accounts).seeing(seen))
}

fn select(
    connection: &mut SqliteConnection,
    ids: &BTreeSet<PaymentId>,
) -> Result<Vec<Payment>, StoreError> {
    let rows = statement(SELECT_PAYMENTS).ids(ids.iter().map(|id| id.0));
    let rows: Vec<PaymentRow> = rows.rows(connection)?;
    rows.into_iter().map(Payment::try_from).collect()
}

pub(crate) fn write(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), StoreError> {
    let Changes { payments, accounts, transitions, entries, due } = changes;
    put(connection, UPDATE_PAYMENTS, payments.iter().map(payment_row))?;
    put(connection, INSERT_TRANSITIONS, transitions.iter().map(transition_row))?;
    // The entries go last, and with that seal their postings.
    put(connection, INSERT_POSTINGS, entries.iter().flat_map(posting_rows))?;
    put(connection, INSERT_ENTRIES, entries.iter().map(entry_row))?;
    put(connection, UPDATE_ACCOUNTS, accounts.iter().map(account_row))?;
    let due_row = |(id, at): &(PaymentId, Timestamp)| {
        json!([hex(id.0), micros(*at), changes.waiting_since(*id).map(micros)])
    };
    put(connection, UPSERT_DUE, due.iter().map(due_row))?;
    let ended = changes.no_longer_due();
    if !ended.is_empty() {
        statement(FORGET_DUE).ids(ended.into_iter().map(|id| id.0)).run(connection)?;
    }
    Ok(())
}

/// Writes rows with one statement, which must touch each of them.
fn put(
    connection: &mut SqliteConnection,
    sql: &'static str,
    rows: impl Iterator<Item = Value>,
) -> Result<(), StoreError> {
    let rows: Vec<Value> = rows.collect();
    let expected = rows.len();
    if expected == 0 {
        return Ok(());
    }
    let touched = statement(sql).list(rows).run(connection)?;
    if touched == expected {
        Ok(())
    } else {
        Err(StoreError::Refused(format!("{touched} of {expected} rows were written")))
    }
}

fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

fn payment_row(payment: &Payment) -> Value {
    let failure = payment.failure.as_ref();
    json!([
        hex(payment.id.0),
        payment.status.as_str(),
        failure.map(|failure| failure.code.as_str()),
        failure.map(|failure| failure.detail.as_str()),
        payment.attempts,
        payment.lease_until.map(micros),
        payment.transitions,
        micros(payment.updated_at),
        payment.debit.minor,
        payment.captured_minor,
        payment.refunded_minor,
        payment.refunding_minor,
        payment.expires_at.map(micros),
    ])
}

fn transition_row(transition: &Transition) -> Value {
    json!([
        hex(transition.payment.0),
        transition.seq,
        transition.from.as_str(),
        transition.to.as_str(),
        transition.actor.to_string(),
        transition.reason.as_str(),
        micros(transition.at),
    ])
}

fn posting_rows(entry: &Entry) -> impl Iterator<Item = Value> {
    entry.postings.iter().map(|posting| {
        json!([
            hex(posting.account.0),
            posting.account_seq,
            hex(entry.payment.0),
            entry.transition_seq,
            posting.amount.minor,
            posting.amount.currency.code(),
            posting.balance_after_minor,
        ])
    })
}

fn entry_row(entry: &Entry) -> Value {
    json!([hex(entry.payment.0), entry.transition_seq, micros(entry.at)])
}

fn account_row(account: &Account) -> Value {
    json!([
        hex(account.id.0),
        account.posted_minor,
        account.held_minor,
        account.last_seq,
        account.last_entry_at.map(micros),
    ])
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    SELECT_PAYMENTS,
    UPDATE_PAYMENTS,
    UPDATE_ACCOUNTS,
    INSERT_TRANSITIONS,
    INSERT_POSTINGS,
    INSERT_ENTRIES,
    UPSERT_DUE,
    FORGET_DUE,
];
