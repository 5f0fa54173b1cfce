//! The fake store's whole content, shown as a proof wants it.

use super::FakeStore;
use async_trait::async_trait;
use paygate_core::proof::{Fact, PaymentFact, Position, RefundSums, Scope};
use paygate_core::status::Status;
use paygate_ports::{Audit, Examiner, StoreError};
use std::sync::atomic::Ordering;

impl FakeStore {
    fn facts(&self) -> Vec<Fact> {
        let (payments, accounts) = (self.payments.lock().unwrap(), self.accounts.lock().unwrap());
        let (entries, transitions) =
            (self.entries.lock().unwrap(), self.transitions.lock().unwrap());
        let count = |number: usize| u64::try_from(number).unwrap();
        let postings =
            || entries.iter().flat_map(|entry| entry.postings.iter().map(move |it| (entry, it)));
        let mut facts = vec![Fact::Size {
            now: self.now(),
            accounts: count(accounts.len()),
            payments: count(payments.len()),
            postings: count(postings().count()),
            entries: count(entries.len()),
            transitions: count(transitions.len()),
        }];
        for record in accounts.values() {
            let account = record.account.clone();
            let held = payments.values().filter(|it| it.payment.source == account.id);
            let held = held.filter_map(|it| it.payment.held()).map(|money| i128::from(money.minor));
            let (id, held_minor) = (account.id, Some(held.sum()));
            facts.push(Fact::Account { account, start: Position::START, held_minor });
            let mine = postings().filter(|(_, posting)| posting.account == id);
            facts.extend(mine.map(|(entry, posting)| Fact::Posting {
                posting: *posting,
                payment: entry.payment,
                transition_seq: entry.transition_seq,
                at: Some(entry.at),
            }));
        }
        for record in payments.values() {
            let id = record.payment.id;
            let mut refunds = RefundSums::default();
            for refund in payments.values().filter(|it| it.payment.parent == Some(id)) {
                let (taken, given) = (refund.payment.debit.minor, refund.payment.credit.minor);
                match refund.payment.status {
                    Status::Success => {
                        refunds.refunded_minor += i128::from(given);
                        refunds.taken_back_minor += i128::from(taken);
                    }
                    Status::Processing | Status::ManualReview => {
                        refunds.refunding_minor += i128::from(given);
                    }
                    _ => {}
                }
            }
            let mut entries: Vec<_> =
                entries.iter().filter(|entry| entry.payment == id).cloned().collect();
            for entry in &mut entries {
                entry.postings.sort_by_key(|posting| posting.account);
            }
            let transitions = transitions.iter().filter(|it| it.payment == id).cloned().collect();
            let record = record.clone();
            facts.push(Fact::Payment(Box::new(PaymentFact {
                record,
                transitions,
                entries,
                refunds,
            })));
        }
        facts
    }
}

#[async_trait]
impl Audit for FakeStore {
    async fn examine(&self, _: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError> {
        self.proofs.fetch_add(1, Ordering::SeqCst);
        let _permit = self.gate.acquire().await.unwrap();
        self.in_trouble()?;
        self.facts().into_iter().for_each(|fact| examiner.see(fact));
        Ok(())
    }
}
