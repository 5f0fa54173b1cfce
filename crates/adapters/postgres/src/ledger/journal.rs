//! Reading the journal.

use crate::error::PgError;
use crate::rows::corrupt;
use crate::statement::{Param, Sql, Statement, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::{Entry, Posting};
use paygate_core::money::{Currency, Money};
use paygate_ports::{EntryCursor, JournalReader, StoreError};
use uuid::Uuid;

pub(crate) type LineTypes = (SqlUuid, Integer, Timestamptz, SqlUuid, BigInt, BigInt, Text, BigInt);

/// A posting, with the time of its entry if that was asked for and is there.
#[derive(Queryable)]
pub(crate) struct PostingLine {
    pub(crate) payment_id: Uuid,
    pub(crate) transition_seq: i32,
    pub(crate) account_id: Uuid,
    pub(crate) account_seq: i64,
    amount_minor: i64,
    currency: String,
    balance_after_minor: i64,
    pub(crate) at: Option<DateTime<Utc>>,
}

/// A posting with its entry.
#[derive(Queryable)]
pub(crate) struct Line {
    pub(crate) payment_id: Uuid,
    transition_seq: i32,
    pub(crate) at: DateTime<Utc>,
    account_id: Uuid,
    account_seq: i64,
    amount_minor: i64,
    currency: String,
    balance_after_minor: i64,
}

struct After;
impl Sql for After {
    const TEXT: &'static str = "WITH e AS (SELECT t.payment_id, t.seq AS transition_seq, t.at FROM payment_transitions t \
         WHERE (t.payment_id, t.seq) > (?, ?) AND EXISTS (SELECT FROM postings p \
         WHERE p.payment_id = t.payment_id AND p.transition_seq = t.seq) \
         ORDER BY t.payment_id, t.seq LIMIT ?) \
         SELECT e.payment_id, e.transition_seq, e.at, p.account_id, p.account_seq, \
         p.amount_minor, p.currency, p.balance_after_minor \
         FROM e JOIN postings p USING (payment_id, transition_seq) \
         ORDER BY e.payment_id, e.transition_seq, p.account_id";
    type Row = LineTypes;
}

struct OfPayment;
impl Sql for OfPayment {
    const TEXT: &'static str = "SELECT t.payment_id, t.seq, t.at, p.account_id, \
         p.account_seq, p.amount_minor, p.currency, p.balance_after_minor \
         FROM payment_transitions t \
         JOIN postings p ON p.payment_id = t.payment_id AND p.transition_seq = t.seq \
         WHERE t.payment_id = ? ORDER BY t.seq, p.account_id";
    type Row = LineTypes;
}

#[async_trait]
impl JournalReader for PostgresStore {
    async fn entries(
        &self,
        cursor: Option<EntryCursor>,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        let (payment, seq) = cursor.map_or((Uuid::nil(), 0), |(payment, seq)| (payment.0, seq));
        let limit = Param::BigInt(i64::from(limit));
        self.read_entries(statement::<After>([Param::Id(payment), Param::Int(seq), limit])).await
    }

    async fn entries_of(&self, payment: PaymentId) -> Result<Vec<Entry>, StoreError> {
        self.read_entries(statement::<OfPayment>([Param::Id(payment.0)])).await
    }
}

impl PostgresStore {
    async fn read_entries<S: Sql<Row = LineTypes>>(
        &self,
        read: Statement<S>,
    ) -> Result<Vec<Entry>, StoreError> {
        let reading = async {
            let mut connection = self.pool.get().await?;
            let lines = read.load::<Line>(&mut connection).await?;
            let read = |line: Line| Ok((line.posting()?, line));
            Ok(entries(lines.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?))
        };
        reading.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl Line {
    pub(crate) fn posting(&self) -> Result<Posting, StoreError> {
        let (minor, balance) = (self.amount_minor, self.balance_after_minor);
        posting(self.account_id, self.account_seq, minor, &self.currency, balance)
    }
}

impl PostingLine {
    pub(crate) fn posting(&self) -> Result<Posting, StoreError> {
        let (minor, balance) = (self.amount_minor, self.balance_after_minor);
        posting(self.account_id, self.account_seq, minor, &self.currency, balance)
    }
}

fn posting(
    account_id: Uuid,
    account_seq: i64,
    amount_minor: i64,
    currency: &str,
    balance_after_minor: i64,
) -> Result<Posting, StoreError> {
    let id = || format!("{account_id}/{account_seq}");
    let currency =
        Currency::parse(currency).map_err(|_| corrupt("postings", id(), "unknown currency"))?;
    let amount = Money { minor: amount_minor, currency };
    Ok(Posting { account: AccountId(account_id), account_seq, amount, balance_after_minor })
}

/// Puts postings that are ordered by entry together.
pub(crate) fn entries(lines: impl IntoIterator<Item = (Posting, Line)>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (posting, line) in lines {
        let (payment, transition_seq) = (PaymentId(line.payment_id), line.transition_seq);
        match entries.last_mut() {
            Some(last) if (last.payment, last.transition_seq) == (payment, transition_seq) => {
                last.postings.push(posting);
            }
            _ => entries.push(Entry {
                payment,
                transition_seq,
                at: line.at,
                postings: vec![posting],
            }),
        }
    }
    entries
}

crate::statement::statements!(After, OfPayment);
