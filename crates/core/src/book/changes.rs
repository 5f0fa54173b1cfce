//! What goes into a book, a step, and what comes out of it, the changes to be written.

use crate::Timestamp;
use crate::account::Account;
use crate::id::PaymentId;
use crate::identity::Actor;
use crate::journal::Entry;
use crate::payment::{Payment, Reason, Transition};
use crate::status::Status;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// Where a transition leads, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state to reach.
    pub to: Status,
    /// Who makes it.
    pub actor: Actor,
    /// Why; becomes the failure's code when `to` is FAILED.
    pub reason: Reason,
    /// A sentence for people, kept when `to` is FAILED.
    pub detail: String,
}

impl Step {
    /// A worker's step that needs no words.
    #[must_use]
    pub fn by_worker(to: Status, reason: Reason) -> Self {
        Self { to, actor: Actor::Worker, reason, detail: String::new() }
    }

    /// A step that somebody asked for.
    #[must_use]
    pub fn asked_by(actor: Actor, to: Status, reason: Reason) -> Self {
        Self { to, actor, reason, detail: String::new() }
    }

    /// A worker's step to FAILED.
    #[must_use]
    pub fn failed(reason: Reason, detail: impl Into<String>) -> Self {
        Self { to: Status::Failed, actor: Actor::Worker, reason, detail: detail.into() }
    }
}

/// What a decision changed: what a store has to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Payments that differ, as they are now, by id.
    pub payments: Vec<Payment>,
    /// Accounts that differ, as they are now, by id.
    pub accounts: Vec<Account>,
    /// New timeline rows, in the order made.
    pub transitions: Vec<Transition>,
    /// New journal entries, in the order made.
    pub entries: Vec<Entry>,
    /// When a payment is to be looked at again.
    pub due: Vec<(PaymentId, Timestamp)>,
}

impl Changes {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payments.is_empty() && self.accounts.is_empty() && self.due.is_empty()
    }

    /// Since when someone waits for a payment of these changes: since it was accepted, while it is in
    /// flight. What is held only waits for its time.
    #[must_use]
    pub fn waiting_since(&self, id: PaymentId) -> Option<Timestamp> {
        let place = self.payments.binary_search_by_key(&id, |payment| payment.id).ok()?;
        let payment = self.payments.get(place)?;
        payment.status.is_in_flight().then_some(payment.created_at)
    }

    /// The payments that no worker has anything to do for any more, and that the sweeper may have on
    /// its list. What ended soon after it was accepted, at the first attempt, is not on it yet; should
    /// it be, the sweeper forgets it by itself.
    #[must_use]
    pub fn no_longer_due(&self) -> Vec<PaymentId> {
        let ended = self.transitions.iter().filter(|it| it.from.is_due() && !it.to.is_due());
        let ended: BTreeSet<PaymentId> = ended.map(|it| it.payment).collect();
        let payments = self.payments.iter().filter(|it| ended.contains(&it.id));
        payments.filter(|it| may_be_listed(it)).map(|it| it.id).collect()
    }
}

/// How old a payment may be before any sweeper has looked at it.
const YOUNG: TimeDelta = TimeDelta::seconds(1);

fn may_be_listed(payment: &Payment) -> bool {
    let age = payment.updated_at.signed_duration_since(payment.created_at);
    payment.hold || payment.attempts > 1 || age >= YOUNG
}
