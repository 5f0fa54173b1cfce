//! Rows of timelines and of the journal.

use super::read::{Broken, count, id, money, read, shown, time};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Text};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::journal::Posting;
use paygate_core::payment::{Reason, Transition};
use paygate_core::status::Status;
use paygate_ports::StoreError;

/// A row of `payment_transitions`.
#[derive(QueryableByName)]
pub(crate) struct TransitionRow {
    #[diesel(sql_type = Binary)]
    pub(crate) payment_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    from_status: String,
    #[diesel(sql_type = Text)]
    to_status: String,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

impl TransitionRow {
    fn parse(&self) -> Result<Transition, Broken> {
        Ok(Transition {
            payment: PaymentId(id("payment_id", &self.payment_id)?),
            seq: count("seq", self.seq)?,
            from: read("from_status", &self.from_status, Status::parse(&self.from_status))?,
            to: read("to_status", &self.to_status, Status::parse(&self.to_status))?,
            actor: read("actor", &self.actor, Actor::parse(&self.actor))?,
            reason: read("reason", &self.reason, Reason::parse(&self.reason))?,
            at: time("at", self.at)?,
        })
    }
}

impl TryFrom<TransitionRow> for Transition {
    type Error = StoreError;
    fn try_from(row: TransitionRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| {
            let id = format!("{} {}", shown(&row.payment_id), row.seq);
            broken.in_row("payment_transitions", id)
        })
    }
}

/// What [`TransitionRow`] selects.
macro_rules! transition_columns {
    () => {
        "payment_id, seq, from_status, to_status, actor, reason, at"
    };
}
pub(crate) use transition_columns;

/// A row of `postings`.
#[derive(QueryableByName)]
pub(crate) struct PostingRow {
    #[diesel(sql_type = Binary)]
    pub(crate) account_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    pub(crate) account_seq: i64,
    #[diesel(sql_type = Binary)]
    payment_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    transition_seq: i64,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Text)]
    posting_currency: String,
    #[diesel(sql_type = BigInt)]
    balance_after_minor: i64,
}

/// What [`PostingRow`] selects of `postings AS p`.
macro_rules! posting_columns {
    () => {
        "p.account_id, p.account_seq, p.payment_id, p.transition_seq, p.amount_minor, \
         p.currency AS posting_currency, p.balance_after_minor"
    };
}
pub(crate) use posting_columns;

impl PostingRow {
    /// The posting and the entry it names.
    pub(crate) fn parse(&self) -> Result<(Posting, PaymentId, i32), Broken> {
        let posting = Posting {
            account: AccountId(id("account_id", &self.account_id)?),
            account_seq: self.account_seq,
            amount: money(self.amount_minor, &self.posting_currency)?,
            balance_after_minor: self.balance_after_minor,
        };
        let payment = PaymentId(id("payment_id", &self.payment_id)?);
        Ok((posting, payment, count("transition_seq", self.transition_seq)?))
    }

    /// Its key, for errors.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", shown(&self.account_id), self.account_seq)
    }
}
