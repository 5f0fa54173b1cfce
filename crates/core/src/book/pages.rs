//! The rows of a book as they stand, which of them were written, and how to take a write back.

use super::changes::Changes;
use crate::Timestamp;
use crate::account::Account;
use crate::id::{AccountId, PaymentId};
use crate::journal::Entry;
use crate::payment::{Payment, Transition};
use std::collections::{BTreeMap, BTreeSet};

/// The rows, and what was written.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    pub(super) payments: BTreeMap<PaymentId, Payment>,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    changed_payments: BTreeSet<PaymentId>,
    changed_accounts: BTreeSet<AccountId>,
    transitions: Vec<Transition>,
    entries: Vec<Entry>,
    due: BTreeMap<PaymentId, Timestamp>,
    undo: Option<Vec<Undo>>,
}

/// The writes since a savepoint, to be given back when it ends.
pub(super) struct Savepoint(Option<Vec<Undo>>);

/// How to take one write back.
#[derive(Clone, Debug)]
enum Undo {
    Payment { before: Box<Payment>, was_changed: bool },
    Account { before: Box<Account>, was_changed: bool },
    Due(PaymentId, Option<Timestamp>),
    Transition,
    Entry,
}

impl Pages {
    pub(super) fn new(payments: Vec<Payment>, accounts: Vec<Account>) -> Self {
        Self {
            payments: payments.into_iter().map(|payment| (payment.id, payment)).collect(),
            accounts: accounts.into_iter().map(|account| (account.id, account)).collect(),
            changed_payments: BTreeSet::new(),
            changed_accounts: BTreeSet::new(),
            transitions: Vec::new(),
            entries: Vec::new(),
            due: BTreeMap::new(),
            undo: None,
        }
    }

    pub(super) fn payment_ids(&self) -> Vec<PaymentId> {
        self.payments.keys().copied().collect()
    }

    pub(super) fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.get(&id)
    }

    pub(super) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// From now on every write can be taken back.
    pub(super) fn savepoint(&mut self) -> Savepoint {
        Savepoint(self.undo.replace(Vec::new()))
    }

    /// Keeps the writes since the savepoint; a savepoint around it can still take them back.
    pub(super) fn keep(&mut self, Savepoint(outer): Savepoint) {
        let inner = std::mem::replace(&mut self.undo, outer).unwrap_or_default();
        if let Some(outer) = &mut self.undo {
            outer.extend(inner);
        }
    }

    /// Takes the writes since the savepoint back.
    pub(super) fn take_back(&mut self, Savepoint(outer): Savepoint) {
        let inner = std::mem::replace(&mut self.undo, outer).unwrap_or_default();
        inner.into_iter().rev().for_each(|write| self.undo_one(write));
    }

    pub(super) fn put_payment(&mut self, payment: Payment) {
        let id = payment.id;
        let was_changed = !self.changed_payments.insert(id);
        if let Some(before) = self.payments.insert(id, payment) {
            self.note(|| Undo::Payment { before: Box::new(before), was_changed });
        }
    }

    pub(super) fn put_account(&mut self, account: Account) {
        let id = account.id;
        let was_changed = !self.changed_accounts.insert(id);
        if let Some(before) = self.accounts.insert(id, account) {
            self.note(|| Undo::Account { before: Box::new(before), was_changed });
        }
    }

    pub(super) fn add_transition(&mut self, transition: Transition) {
        self.transitions.push(transition);
        self.note(|| Undo::Transition);
    }

    pub(super) fn add_entry(&mut self, entry: Entry) {
        self.entries.push(entry);
        self.note(|| Undo::Entry);
    }

    pub(super) fn wake_at(&mut self, id: PaymentId, at: Timestamp) {
        let before = self.due.insert(id, at);
        self.note(|| Undo::Due(id, before));
    }

    pub(super) fn into_changes(mut self) -> Changes {
        Changes {
            payments: self
                .changed_payments
                .iter()
                .filter_map(|id| self.payments.remove(id))
                .collect(),
            accounts: self
                .changed_accounts
                .iter()
                .filter_map(|id| self.accounts.remove(id))
                .collect(),
            transitions: self.transitions,
            entries: self.entries,
            due: self.due.into_iter().collect(),
        }
    }

    /// Without a savepoint nothing is ever taken back, and nothing needs noting.
    fn note(&mut self, write: impl FnOnce() -> Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(write());
        }
    }

    fn undo_one(&mut self, write: Undo) {
        match write {
            Undo::Payment { before, was_changed } => {
                if !was_changed {
                    self.changed_payments.remove(&before.id);
                }
                self.payments.insert(before.id, *before);
            }
            Undo::Account { before, was_changed } => {
                if !was_changed {
                    self.changed_accounts.remove(&before.id);
                }
                self.accounts.insert(before.id, *before);
            }
            Undo::Due(id, Some(before)) => {
                self.due.insert(id, before);
            }
            Undo::Due(id, None) => {
                self.due.remove(&id);
            }
            Undo::Transition => {
                self.transitions.pop();
            }
            Undo::Entry => {
                self.entries.pop();
            }
        }
    }
}
