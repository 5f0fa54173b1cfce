//! Reading the journal.

use crate::PostgresStore;
use crate::error::PgError;
use crate::rows::corrupt;
use crate::statement::{Param, Sql, Statement, statement};
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

type LineTypes = (SqlUuid, Integer, Timestamptz, SqlUuid, BigInt, BigInt, Text, BigInt);

/// A posting with its entry.
#[derive(Queryable)]
struct Line {
    payment_id: Uuid,
    transition_seq: i32,
    at: DateTime<Utc>,
    account_id: Uuid,
    account_seq: i64,
    amount_minor: i64,
    currency: String,
    balance_after_minor: i64,
}

struct After;
impl Sql for After {
    const TEXT: &'static str = "WITH e AS (SELECT * FROM journal_entries \
         WHERE (payment_id, transition_seq) > (?, ?) \
         ORDER BY payment_id, transition_seq LIMIT ?) \
         SELECT e.payment_id, e.transition_seq, e.at, p.account_id, p.account_seq, \
         p.amount_minor, p.currency, p.balance_after_minor \
         FROM e JOIN postings p USING (payment_id, transition_seq) \
         ORDER BY e.payment_id, e.transition_seq, p.account_id";
    type Row = LineTypes;
}

struct OfPayment;
impl Sql for OfPayment {
    const TEXT: &'static str = "SELECT e.payment_id, e.transition_seq, e.at, p.account_id, \
         p.account_seq, p.amount_minor, p.currency, p.balance_after_minor \
         FROM journal_entries e JOIN postings p USING (payment_id, transition_seq) \
         WHERE e.payment_id = ? ORDER BY e.transition_seq, p.account_id";
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
            Ok(entries(lines)?)
        };
        reading.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

/// Puts lines that are ordered by entry together.
fn entries(lines: Vec<Line>) -> Result<Vec<Entry>, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines {
        let id = || format!("{}/{}", line.account_id, line.account_seq);
        let currency = Currency::parse(&line.currency)
            .map_err(|_| corrupt("postings", id(), "unknown currency"))?;
        let posting = Posting {
            account: AccountId(line.account_id),
            account_seq: line.account_seq,
            amount: Money { minor: line.amount_minor, currency },
            balance_after_minor: line.balance_after_minor,
        };
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
    Ok(entries)
}
