//! What is new since a time: found by the index on the times of entries.

use super::pages::{Pages, SUMMARY_PAGE};
use crate::statement::statement;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary};
use paygate_core::Timestamp;

const FIRST_POSTINGS: &str = "\
    SELECT account_id, min(seq) AS account_seq FROM ( \
        SELECT p.account_id, p.account_seq AS seq \
        FROM journal_entries AS e CROSS JOIN postings AS p \
            ON p.payment_id = e.payment_id AND p.transition_seq = e.transition_seq \
        WHERE e.at >= ? \
        UNION ALL SELECT id, last_seq + 1 FROM accounts WHERE system_code > '') \
    WHERE account_id > ? GROUP BY account_id ORDER BY account_id LIMIT ?";

// The sign keeps SQLite from going along the payments instead of the times.
const PAYMENTS: &str = "\
    SELECT payment_id FROM ( \
        SELECT +payment_id AS payment_id FROM journal_entries WHERE at >= ? \
        UNION SELECT r.parent_id FROM journal_entries AS e CROSS JOIN payments AS r \
            ON r.id = e.payment_id WHERE e.at >= ? AND r.parent_id IS NOT NULL) \
    WHERE payment_id > ? ORDER BY 1 LIMIT ?";

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

/// The first new posting of each account that has one, by account; and the system's accounts, which
/// tell what the others' entries may be made of.
pub(super) fn first_postings(from: Timestamp) -> Pages<FirstRow> {
    let page =
        move |after: &[u8]| statement(FIRST_POSTINGS).time(from).blob(after).integer(SUMMARY_PAGE);
    Pages::new(SUMMARY_PAGE, page(&[]), move |row: &FirstRow| page(&row.account_id))
}

/// The payments that have a new entry, and what new refunds refund, by id.
pub(super) fn payments(from: Timestamp) -> Pages<MovedRow> {
    let page = move |after: &[u8]| {
        statement(PAYMENTS).time(from).time(from).blob(after).integer(SUMMARY_PAGE)
    };
    Pages::new(SUMMARY_PAGE, page(&[]), move |row: &MovedRow| page(&row.payment_id))
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIRST_POSTINGS, PAYMENTS];
