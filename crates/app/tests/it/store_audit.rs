//! The fake store shows all of itself, to be proved.

use crate::rows::Rows;
use crate::store::FakeStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use paygate_core::Timestamp;
use paygate_core::account::AccountRecord;
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_core::proof::{Fact, PaymentFact, Position, RefundSums, Scope};
use paygate_core::status::Status;
use paygate_ports::{Audit, Examiner, ProofLog, StoreError};
use std::time::Duration;

fn count(rows: usize) -> u64 {
    rows.try_into().unwrap()
}

impl Rows {
    /// The facts of a scope, in the order that they are to come.
    pub fn facts(&self, scope: Scope, now: Timestamp) -> Vec<Fact> {
        let entries = || self.entries.iter();
        let mut facts = vec![Fact::Size {
            now,
            accounts: count(self.accounts.len()),
            payments: count(self.payments.len()),
            postings: count(entries().map(|it| it.postings.len()).sum()),
            entries: count(self.entries.len()),
            transitions: count(self.transitions.len()),
        }];
        for record in self.accounts.values() {
            facts.extend(self.account_facts(record, scope));
        }
        let payments = self.payments.keys().filter(|id| match scope {
            Scope::Whole => true,
            Scope::Since(from) => entries().any(|it| it.payment == **id && it.at >= from),
        });
        facts.extend(payments.map(|id| Fact::Payment(Box::new(self.payment_fact(*id)))));
        facts
    }

    fn account_facts(&self, record: &AccountRecord, scope: Scope) -> Vec<Fact> {
        let account = record.account.clone();
        let mut postings = self.postings_of(account.id);
        let (mut start, mut held_minor) = (Position::START, None);
        match scope {
            Scope::Whole => {
                let payments = self.payments.values().map(|it| &it.payment);
                let held = payments.filter(|it| it.source == account.id).filter_map(Payment::held);
                held_minor = Some(held.map(|money| i128::from(money.minor)).sum());
            }
            Scope::Since(from) => {
                let new = postings.iter().position(|(_, entry)| entry.at >= from);
                let Some(new) = new else { return Vec::new() };
                if let Some((last, _)) = new.checked_sub(1).and_then(|last| postings.get(last)) {
                    let balance_minor = last.balance_after_minor;
                    start = Position { seq: last.account_seq, balance_minor };
                }
                postings.drain(..new);
            }
        }
        let mut facts = vec![Fact::Account { account, start, held_minor }];
        facts.extend(postings.into_iter().map(|(posting, entry)| Fact::Posting {
            posting: *posting,
            payment: entry.payment,
            transition_seq: entry.transition_seq,
            at: Some(entry.at),
        }));
        facts
    }

    fn payment_fact(&self, id: PaymentId) -> PaymentFact {
        let mut refunds = RefundSums::default();
        let children = self.payments.values().map(|it| &it.payment);
        for refund in children.filter(|it| it.parent == Some(id)) {
            match refund.status {
                Status::Success => {
                    refunds.refunded_minor += i128::from(refund.credit.minor);
                    refunds.taken_back_minor += i128::from(refund.debit.minor);
                }
                Status::Processing | Status::ManualReview => {
                    refunds.refunding_minor += i128::from(refund.credit.minor);
                }
                _ => {}
            }
        }
        let transitions = self.transitions.iter().filter(|it| it.payment == id);
        let mut entries: Vec<_> =
            self.entries.iter().filter(|it| it.payment == id).cloned().collect();
        entries.iter_mut().for_each(|entry| entry.postings.sort_by_key(|it| it.account));
        PaymentFact {
            record: self.payments[&id].clone(),
            transitions: transitions.cloned().collect(),
            entries,
            refunds,
        }
    }
}

#[async_trait]
impl Audit for FakeStore {
    async fn examine(&self, scope: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError> {
        self.log().proofs.push(scope);
        self.proving.pass().await;
        let now = self.time();
        let facts = self.reach()?.facts(scope, now);
        for fact in facts {
            examiner.see(fact);
        }
        Ok(())
    }
}

#[async_trait]
impl ProofLog for FakeStore {
    async fn begin(&self, every: Duration) -> Result<Option<Timestamp>, StoreError> {
        let now = self.time();
        let mut rows = self.reach()?;
        let times = if rows.proof_under_way { 10 } else { 1 };
        let every = TimeDelta::from_std(every).unwrap() * times;
        if rows.proof_begun.is_some_and(|begun| now - begun < every) {
            return Ok(None);
        }
        rows.proof_begun = Some(now);
        rows.proof_under_way = true;
        Ok(Some(rows.proved_to.unwrap_or(DateTime::UNIX_EPOCH)))
    }

    async fn record(&self, to: Timestamp) -> Result<(), StoreError> {
        let mut rows = self.reach()?;
        rows.proved_to = rows.proved_to.max(Some(to));
        rows.proof_under_way = false;
        Ok(())
    }
}
