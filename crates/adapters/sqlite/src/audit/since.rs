//! What is new since a time: found by the index on the times of entries.

use super::{Pages, SUMMARY_PAGE};
use crate::statement::{Statement, statement};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary};
use paygate_core::Timestamp;

/// How much will be shown.
const COUNT: &str = "\
    WITH fresh (payment_id, transition_seq) AS MATERIALIZED ( \
        SELECT payment_id, transition_seq FROM journal_entries WHERE at >= ?), \
    moved (payment_id) AS MATERIALIZED (SELECT DISTINCT payment_id FROM fresh), \
    firsts (account_id, seq) AS MATERIALIZED ( \
        SELECT p.account_id, min(p.account_seq) FROM fresh CROSS JOIN postings AS p \
            ON p.payment_id = fresh.payment_id AND p.transition_seq = fresh.transition_seq \
        GROUP BY p.account_id) \
    SELECT (SELECT count(*) FROM firsts) AS accounts, (SELECT count(*) FROM moved) AS payments, \
        (SELECT count(*) FROM firsts CROSS JOIN postings AS p \
            ON p.account_id = firsts.account_id AND p.account_seq >= firsts.seq) AS postings, \
        (SELECT count(*) FROM moved CROSS JOIN journal_entries AS e \
            ON e.payment_id = moved.payment_id) AS entries, \
        (SELECT count(*) FROM moved CROSS JOIN payment_transitions AS t \
            ON t.payment_id = moved.payment_id) AS transitions";

const FIRST_POSTINGS: &str = "\
    SELECT p.account_id, min(p.account_seq) AS account_seq \
    FROM journal_entries AS e CROSS JOIN postings AS p \
        ON p.payment_id = e.payment_id AND p.transition_seq = e.transition_seq \
    WHERE e.at >= ? AND p.account_id > ? \
    GROUP BY p.account_id ORDER BY p.account_id LIMIT ?";

// The sign keeps SQLite from going along the payments instead of the times.
const PAYMENTS: &str = "\
    SELECT DISTINCT +payment_id AS payment_id FROM journal_entries \
    WHERE at >= ? AND +payment_id > ? ORDER BY 1 LIMIT ?";

/// An account's first posting that is new.
#[derive(QueryableByName)]
pub(super) struct FirstRow {
    #[diesel(sql_type = Binary)]
    pub(super) account_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    pub(super) account_seq: i64,
}

#[derive(QueryableByName)]
pub(super) struct MovedRow {
    #[diesel(sql_type = Binary)]
    pub(super) payment_id: Vec<u8>,
}

pub(super) fn count(from: Timestamp) -> Statement {
    statement(COUNT).time(from)
}

/// The first new posting of each account that has one, by account.
pub(super) fn first_postings(from: Timestamp) -> Pages<FirstRow> {
    let page =
        move |after: &[u8]| statement(FIRST_POSTINGS).time(from).blob(after).integer(SUMMARY_PAGE);
    Pages::new(SUMMARY_PAGE, page(&[]), move |row: &FirstRow| page(&row.account_id))
}

/// The payments that have a new entry, by id.
pub(super) fn payments(from: Timestamp) -> Pages<MovedRow> {
    let page = move |after: &[u8]| statement(PAYMENTS).time(from).blob(after).integer(SUMMARY_PAGE);
    Pages::new(SUMMARY_PAGE, page(&[]), move |row: &MovedRow| page(&row.payment_id))
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[COUNT, FIRST_POSTINGS, PAYMENTS];
