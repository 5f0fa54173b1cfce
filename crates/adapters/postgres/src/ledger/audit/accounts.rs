//! The accounts, each followed by its postings.

use super::pages::{PAGE, unreadable};
use crate::error::PgError;
use crate::ledger::journal::PostingLine;
use crate::rows::{AccountRow, AccountTypes, account_columns};
use crate::statement::{Param, Sql, statement};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::account::Account;
use paygate_core::id::PaymentId;
use paygate_core::kind::holding;
use paygate_core::proof::{Fact, Position, Scope};
use paygate_ports::Examiner;
use std::collections::HashMap;
use uuid::Uuid;

/// How many postings of each account are read with a page of accounts.
const FIRST_POSTINGS: i64 = 20;
/// How many postings of one account are read at once after these.
const MORE_POSTINGS: i64 = 2_000;

struct Page;
impl Sql for Page {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.id > ? ORDER BY a.id LIMIT ?"
    );
    type Row = AccountTypes;
}

/// What payments hold that are of these kinds in these states, which core's table names. A cursor, so
/// that neither side keeps all of it in memory.
struct OpenHolds;
impl Sql for OpenHolds {
    const TEXT: &'static str = "DECLARE holds NO SCROLL CURSOR FOR \
         SELECT source_id, sum(coalesce(debit_minor, amount_minor))::text FROM payments \
         WHERE (kind, status) IN (SELECT * FROM unnest(?::text[], ?::text[])) \
         GROUP BY source_id ORDER BY source_id";
    type Row = ();
}

struct NextHolds;
impl Sql for NextHolds {
    const TEXT: &'static str = "FETCH 500 FROM holds";
    type Row = (SqlUuid, Text);
}

/// The accounts that have new postings, with the first of them; and the system's accounts, which tell
/// what entries may be made of.
struct OpenTouched;
impl Sql for OpenTouched {
    const TEXT: &'static str = "DECLARE touched NO SCROLL CURSOR FOR \
         SELECT account_id, min(first) FROM (SELECT l.account_id, l.account_seq AS first \
         FROM payment_transitions e JOIN postings l ON l.payment_id = e.payment_id \
         AND l.transition_seq = e.seq WHERE e.at >= ? UNION ALL \
         SELECT id, last_seq + 1 FROM accounts WHERE system_code IS NOT NULL) s \
         GROUP BY account_id ORDER BY account_id";
    type Row = ();
}

struct NextTouched;
impl Sql for NextTouched {
    const TEXT: &'static str = "FETCH 500 FROM touched";
    type Row = (SqlUuid, BigInt);
}

/// Accounts, each with the balance after the posting before the first to be shown.
struct Touched;
impl Sql for Touched {
    const TEXT: &'static str = concat!(
        "SELECT w.seq, before.balance_after_minor, ",
        account_columns!(),
        " FROM unnest(?::uuid[], ?::bigint[]) AS w (id, seq) JOIN accounts a ON a.id = w.id \
         LEFT JOIN postings before ON before.account_id = w.id AND before.account_seq = w.seq \
         ORDER BY w.id"
    );
    type Row = (BigInt, Nullable<BigInt>, AccountTypes);
}

/// The first postings of each account of a page, from where it is to be shown. A step that is
/// missing is no reason to leave a posting out.
struct FirstPostings;
impl Sql for FirstPostings {
    const TEXT: &'static str = "SELECT l.payment_id, l.transition_seq, l.account_id, \
         l.account_seq, l.amount_minor, l.currency, l.balance_after_minor, e.at \
         FROM unnest(?::uuid[], ?::bigint[]) AS w (id, seq) CROSS JOIN LATERAL \
         (SELECT * FROM postings p WHERE p.account_id = w.id AND p.account_seq > w.seq \
         ORDER BY p.account_seq LIMIT ?) l \
         LEFT JOIN payment_transitions e ON e.payment_id = l.payment_id \
         AND e.seq = l.transition_seq ORDER BY l.account_id, l.account_seq";
    type Row = PostingTypes;
}

/// The next postings of an account that has many.
struct MorePostings;
impl Sql for MorePostings {
    const TEXT: &'static str = "SELECT l.payment_id, l.transition_seq, l.account_id, \
         l.account_seq, l.amount_minor, l.currency, l.balance_after_minor, e.at FROM \
         (SELECT * FROM postings p WHERE p.account_id = ? AND p.account_seq > ? \
         ORDER BY p.account_seq LIMIT ?) l \
         LEFT JOIN payment_transitions e ON e.payment_id = l.payment_id \
         AND e.seq = l.transition_seq ORDER BY l.account_seq";
    type Row = PostingTypes;
}

type PostingTypes =
    (SqlUuid, Integer, SqlUuid, BigInt, BigInt, Text, BigInt, Nullable<Timestamptz>);

/// An account to be shown.
struct Shown {
    row: AccountRow,
    start: Position,
    held_minor: Option<i128>,
}

pub(super) async fn show(
    connection: &mut AsyncPgConnection,
    scope: Scope,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    match scope {
        Scope::Whole => show_all(connection, examiner).await,
        Scope::Since(at) => show_touched(connection, at, examiner).await,
    }
}

async fn show_all(
    connection: &mut AsyncPgConnection,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    let (kinds, states): (Vec<_>, Vec<_>) =
        holding().map(|(kind, status)| (kind.to_string(), status.to_string())).unzip();
    let holds = statement::<OpenHolds>([Param::Texts(kinds), Param::Texts(states)]);
    holds.execute(connection).await?;
    let mut holds: Vec<(Uuid, String)> = Vec::new();
    let mut holds_end = false;
    let mut last = Uuid::nil();
    loop {
        let page = statement::<Page>([Param::Id(last), Param::BigInt(PAGE)]);
        let rows = page.load::<AccountRow>(connection).await?;
        let Some(end) = rows.last().map(|row| row.id) else { return Ok(()) };
        last = end;
        while !holds_end && holds.last().is_none_or(|(id, _)| *id <= end) {
            let more = statement::<NextHolds>([]).load::<(Uuid, String)>(connection).await?;
            holds_end = more.is_empty();
            holds.extend(more);
        }
        let later = holds.split_off(holds.partition_point(|(id, _)| *id <= end));
        let held: HashMap<Uuid, i128> = std::mem::replace(&mut holds, later)
            .into_iter()
            .map(|(id, sum)| (id, sum.parse().unwrap_or(i128::MAX)))
            .collect();
        let shown = rows.into_iter().map(|row| Shown {
            start: Position::START,
            held_minor: Some(held.get(&row.id).copied().unwrap_or(0)),
            row,
        });
        show_page(connection, shown.collect(), examiner).await?;
    }
}

async fn show_touched(
    connection: &mut AsyncPgConnection,
    at: DateTime<Utc>,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    statement::<OpenTouched>([Param::Time(at)]).execute(connection).await?;
    loop {
        let touched = statement::<NextTouched>([]).load::<(Uuid, i64)>(connection).await?;
        if touched.is_empty() {
            return Ok(());
        }
        let (ids, firsts): (Vec<Uuid>, Vec<i64>) = touched.into_iter().unzip();
        let before = firsts.into_iter().map(|first| first.saturating_sub(1)).collect();
        let page = statement::<Touched>([Param::Ids(ids), Param::BigInts(before)]);
        let rows = page.load::<(i64, Option<i64>, AccountRow)>(connection).await?;
        let shown = rows.into_iter().map(|(seq, balance, row)| Shown {
            start: Position { seq, balance_minor: balance.unwrap_or(0) },
            held_minor: None,
            row,
        });
        show_page(connection, shown.collect(), examiner).await?;
    }
}

async fn show_page(
    connection: &mut AsyncPgConnection,
    accounts: Vec<Shown>,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    let first = statement::<FirstPostings>([
        Param::Ids(accounts.iter().map(|shown| shown.row.id).collect()),
        Param::BigInts(accounts.iter().map(|shown| shown.start.seq).collect()),
        Param::BigInt(FIRST_POSTINGS),
    ]);
    let mut lines = first.load::<PostingLine>(connection).await?.into_iter().peekable();
    for shown in accounts {
        let id = shown.row.id;
        let mut own = Vec::new();
        while let Some(line) = lines.next_if(|line| line.account_id == id) {
            own.push(line);
        }
        // Of an account that can't be read the postings can't be proved, so they are left out.
        if !show_account(shown, examiner) {
            continue;
        }
        let mut page = FIRST_POSTINGS;
        loop {
            let (count, last) = (own.len(), own.last().map(|line| line.account_seq));
            own.drain(..).for_each(|line| show_posting(&line, examiner));
            let Some(last) = last.filter(|_| i64::try_from(count) == Ok(page)) else { break };
            page = MORE_POSTINGS;
            let more = statement::<MorePostings>([
                Param::Id(id),
                Param::BigInt(last),
                Param::BigInt(page),
            ]);
            own = more.load::<PostingLine>(connection).await?;
        }
    }
    Ok(())
}

fn show_posting(line: &PostingLine, examiner: &mut dyn Examiner) {
    let (payment, transition_seq, at) = (PaymentId(line.payment_id), line.transition_seq, line.at);
    examiner.see(match line.posting() {
        Ok(posting) => Fact::Posting { posting, payment, transition_seq, at },
        Err(error) => unreadable(error),
    });
}

/// Shows an account, and answers whether it can be read.
fn show_account(shown: Shown, examiner: &mut dyn Examiner) -> bool {
    let Shown { row, start, held_minor } = shown;
    let account = Account::try_from(row);
    let readable = account.is_ok();
    examiner.see(match account {
        Ok(account) => Fact::Account { account, start, held_minor },
        Err(error) => unreadable(error),
    });
    readable
}

crate::statement::statements!(
    Page,
    OpenHolds,
    NextHolds,
    OpenTouched,
    NextTouched,
    Touched,
    FirstPostings,
    MorePostings
);
