//! The postings of an account as its owner sees them: where they stood at a time, and line by line.

use crate::rows::{
    AccountRow, Broken, PostingRow, account_columns, label, posting_columns, read, time,
};
use crate::statement::statement;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::account::AccountRecord;
use paygate_core::id::AccountId;
use paygate_core::kind::Kind;
use paygate_core::proof::Position;
use paygate_core::statement::{Counterparty, StatementLine};
use paygate_ports::StoreError;

/// Halves the span in which the last posting at that time or before must be, from all of them to one.
const POSITION: &str = "\
    WITH RECURSIVE span (low, high) AS ( \
        SELECT 0, coalesce(max(account_seq), 0) FROM postings WHERE account_id = ? \
        UNION ALL \
        SELECT iif(e.at <= ?, p.account_seq, low), iif(e.at <= ?, high, p.account_seq - 1) \
        FROM span CROSS JOIN postings AS p \
            ON p.account_id = ? AND p.account_seq = (low + high + 1) / 2 \
        CROSS JOIN journal_entries AS e \
            ON e.payment_id = p.payment_id AND e.transition_seq = p.transition_seq \
        WHERE low < high) \
    SELECT low AS seq, coalesce((SELECT balance_after_minor FROM postings \
        WHERE account_id = ? AND account_seq = low), 0) AS balance_minor \
    FROM span WHERE low = high";

/// The other account of a payment is its source, or its destination if the line is the source's.
const LINES: &str = concat!(
    "SELECT ",
    posting_columns!(),
    ", e.at, m.kind, m.description, ",
    account_columns!(),
    " FROM postings AS p \
      CROSS JOIN journal_entries AS e \
         ON e.payment_id = p.payment_id AND e.transition_seq = p.transition_seq \
      CROSS JOIN payments AS m ON m.id = p.payment_id \
      CROSS JOIN accounts AS a \
         ON a.id = iif(m.source_id = p.account_id, m.destination_id, m.source_id) \
      WHERE p.account_id = ? AND p.account_seq > ? AND p.account_seq <= ? \
      ORDER BY p.account_seq LIMIT ?"
);

#[derive(QueryableByName)]
struct PositionRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    balance_minor: i64,
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(embed)]
    line: Line,
    #[diesel(embed)]
    counterparty: AccountRow,
}

/// A line without its counterparty.
#[derive(QueryableByName)]
struct Line {
    #[diesel(embed)]
    posting: PostingRow,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
}

pub(crate) fn position_at(
    connection: &mut SqliteConnection,
    account: AccountId,
    at: Timestamp,
) -> Result<Position, StoreError> {
    let id = account.0;
    let position = statement(POSITION).id(id).time(at).time(at).id(id).id(id);
    let position: Option<PositionRow> = position.row(connection)?;
    let position = position.map(|row| Position { seq: row.seq, balance_minor: row.balance_minor });
    Ok(position.unwrap_or(Position::START))
}

pub(crate) fn lines(
    connection: &mut SqliteConnection,
    account: AccountId,
    (after, upto): (i64, i64),
    limit: u16,
) -> Result<Vec<StatementLine>, StoreError> {
    let lines = statement(LINES).id(account.0).integer(after).integer(upto).integer(limit);
    let lines: Vec<LineRow> = lines.rows(connection)?;
    let line = |LineRow { line, counterparty }| {
        let read = line.parse(AccountRecord::try_from(counterparty)?);
        read.map_err(|broken| broken.in_row("postings", line.posting.shown()))
    };
    lines.into_iter().map(line).collect()
}

impl Line {
    fn parse(&self, counterparty: AccountRecord) -> Result<StatementLine, Broken> {
        let (posting, payment, _) = self.posting.parse()?;
        Ok(StatementLine {
            posting,
            at: time("at", self.at)?,
            payment,
            kind: read("kind", &self.kind, Kind::parse(&self.kind))?,
            description: label("description", self.description.as_deref())?,
            counterparty: Counterparty::Seen(Box::new(counterparty)),
        })
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[POSITION, LINES];
