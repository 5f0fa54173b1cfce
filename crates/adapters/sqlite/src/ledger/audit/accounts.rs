//! Accounts, each with what is held of it and followed by its postings.

use super::pages::{PAGE, Pages, SUMMARY_PAGE, Show, unreadable, wide, wide_sum};
use super::since;
use crate::rows::{AccountRow, PostingRow, account_columns, optional_time, posting_columns};
use crate::statement::statement;
use diesel::sql_types::{BigInt, Binary, Nullable};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::kind::holding;
use paygate_core::proof::{Fact, Position};
use paygate_ports::StoreError;
use serde_json::{Value, json};

const ACCOUNTS: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts AS a WHERE a.id > ? ORDER BY a.id LIMIT ?"
);

/// An account, and its balance before one of its postings.
const ACCOUNT_BEFORE: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", coalesce((SELECT balance_after_minor FROM postings \
        WHERE account_id = a.id AND account_seq = ?), 0) AS start_minor \
     FROM accounts AS a WHERE a.id = ?"
);

/// What payments hold that are of the kinds and in the states of a list, which core's table names.
/// There is no index on it: it looks through all payments, once for ten thousand accounts of which
/// something is held.
const HELD: &str = concat!(
    "SELECT source_id, ",
    wide_sum!("coalesce(debit_minor, amount_minor)", "held"),
    " FROM payments WHERE source_id > ? AND (kind, status) IN \
        (SELECT value ->> 0, value ->> 1 FROM json_each(?)) \
     GROUP BY source_id ORDER BY source_id LIMIT ?"
);

const POSTINGS: &str = concat!(
    "SELECT ",
    posting_columns!(),
    ", e.at FROM postings AS p LEFT JOIN journal_entries AS e \
        ON e.payment_id = p.payment_id AND e.transition_seq = p.transition_seq \
     WHERE p.account_id = ? AND p.account_seq > ? ORDER BY p.account_seq LIMIT ?"
);

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = Binary)]
    source_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    held_high: i64,
    #[diesel(sql_type = BigInt)]
    held_low: i64,
}

#[derive(QueryableByName)]
struct AccountBeforeRow {
    #[diesel(embed)]
    account: AccountRow,
    #[diesel(sql_type = BigInt)]
    start_minor: i64,
}

#[derive(QueryableByName)]
struct TimedPostingRow {
    #[diesel(embed)]
    posting: PostingRow,
    #[diesel(sql_type = Nullable<BigInt>)]
    at: Option<i64>,
}

/// Shows all accounts.
pub(super) fn show_all(
    connection: &mut SqliteConnection,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let page = |after: &[u8]| statement(ACCOUNTS).blob(after).integer(PAGE);
    let mut accounts = Pages::new(PAGE, page(&[]), move |row: &AccountRow| page(&row.id));
    let page = |after: &[u8]| statement(HELD).blob(after).list(holds()).integer(SUMMARY_PAGE);
    let mut held = Pages::new(SUMMARY_PAGE, page(&[]), move |row: &HeldRow| page(&row.source_id));
    while let Some(row) = accounts.next(connection)? {
        let mut held_minor = 0;
        while let Some(sum) = held.next_if(connection, |sum| sum.source_id <= row.id)? {
            if sum.source_id == row.id {
                held_minor = wide(sum.held_high, sum.held_low);
            }
        }
        show_account(connection, row, Position::START, Some(held_minor), show)?;
    }
    Ok(())
}

/// The kinds and states in which payments hold something.
fn holds() -> Vec<Value> {
    holding().map(|(kind, status)| json!([kind.as_str(), status.as_str()])).collect()
}

/// Shows the accounts that have postings made since then, from these on.
pub(super) fn show_since(
    connection: &mut SqliteConnection,
    from: Timestamp,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let mut firsts = since::first_postings(from);
    while let Some(first) = firsts.next(connection)? {
        let seq = first.account_seq - 1;
        let row = statement(ACCOUNT_BEFORE).integer(seq).blob(&first.account_id).row(connection)?;
        if let Some(AccountBeforeRow { account, start_minor }) = row {
            let start = Position { seq, balance_minor: start_minor };
            show_account(connection, account, start, None, show)?;
        }
    }
    Ok(())
}

/// Shows an account and its postings after `start`. Those of one that can't be read are left out.
fn show_account(
    connection: &mut SqliteConnection,
    row: AccountRow,
    start: Position,
    held_minor: Option<i128>,
    show: Show<'_>,
) -> Result<(), StoreError> {
    let id = row.id.clone();
    match Account::try_from(row) {
        Ok(account) => show(Fact::Account { account, start, held_minor })?,
        Err(error) => return show(unreadable(error)?),
    }
    let page = move |after: i64| statement(POSTINGS).blob(&id).integer(after).integer(PAGE);
    let first = page(start.seq);
    let mut postings =
        Pages::new(PAGE, first, move |row: &TimedPostingRow| page(row.posting.account_seq));
    while let Some(row) = postings.next(connection)? {
        show(Fact::try_from(row).or_else(unreadable)?)?;
    }
    Ok(())
}

impl TryFrom<TimedPostingRow> for Fact {
    type Error = StoreError;
    fn try_from(row: TimedPostingRow) -> Result<Self, StoreError> {
        let read = || {
            let (posting, payment, transition_seq) = row.posting.parse()?;
            let at = optional_time("at", row.at)?;
            Ok(Self::Posting { posting, payment, transition_seq, at })
        };
        read().map_err(|broken: crate::rows::Broken| broken.in_row("postings", row.posting.shown()))
    }
}

/// What the query planner is tested with; not HELD, which says why.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ACCOUNTS, ACCOUNT_BEFORE, POSTINGS];
