//! Reading the journal.

use crate::rows::{Broken, PostingRow, posting_columns, time};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use paygate_core::id::PaymentId;
use paygate_core::journal::Entry;
use paygate_ports::{EntryCursor, JournalReader, StoreError};

macro_rules! postings_of {
    ($entries:literal) => {
        concat!(
            "SELECT ",
            posting_columns!(),
            ", e.at FROM (",
            $entries,
            ") AS e CROSS JOIN postings AS p \
             ON p.payment_id = e.payment_id AND p.transition_seq = e.transition_seq \
             ORDER BY e.payment_id, e.transition_seq, p.account_id"
        )
    };
}

const PAGE: &str = postings_of!(
    "SELECT * FROM journal_entries WHERE (payment_id, transition_seq) > (?, ?) \
     ORDER BY payment_id, transition_seq LIMIT ?"
);

const OF_PAYMENT: &str = postings_of!("SELECT * FROM journal_entries WHERE payment_id = ?");

#[async_trait]
impl JournalReader for SqliteStore {
    async fn entries(
        &self,
        cursor: Option<EntryCursor>,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        self.read(move |connection| {
            // The empty blob is less than any id.
            let page = match cursor {
                Some((payment, seq)) => statement(PAGE).id(payment.0).integer(seq),
                None => statement(PAGE).blob(&[]).integer(0),
            };
            together(page.integer(limit).rows(connection)?)
        })
        .await
    }

    async fn entries_of(&self, payment: PaymentId) -> Result<Vec<Entry>, StoreError> {
        self.read(move |connection| together(statement(OF_PAYMENT).id(payment.0).rows(connection)?))
            .await
    }
}

/// A posting with what its entry says.
#[derive(QueryableByName)]
struct EntryPostingRow {
    #[diesel(embed)]
    posting: PostingRow,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

impl EntryPostingRow {
    /// The entry, with this posting only.
    fn parse(&self) -> Result<Entry, Broken> {
        let (posting, payment, transition_seq) = self.posting.parse()?;
        Ok(Entry { payment, transition_seq, at: time("at", self.at)?, postings: vec![posting] })
    }
}

impl TryFrom<EntryPostingRow> for Entry {
    type Error = StoreError;
    fn try_from(row: EntryPostingRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| broken.in_row("postings", row.posting.shown()))
    }
}

/// Puts the postings of each entry together; they come one entry after the other.
fn together(rows: Vec<EntryPostingRow>) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let next = Entry::try_from(row)?;
        match entries.last_mut() {
            Some(last)
                if (last.payment, last.transition_seq) == (next.payment, next.transition_seq) =>
            {
                last.postings.extend(next.postings);
            }
            _ => entries.push(next),
        }
    }
    Ok(entries)
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PAGE, OF_PAYMENT];
