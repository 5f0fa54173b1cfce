//! Looking at the rows between the turns of others, past every fault and unseen: what a test asserts.
//!
//! Only for a store that answers without waiting, as SQLite in memory does.

use super::Faulty;
use crate::at_once;
use paygate_core::account::Account;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::Entry;
use paygate_core::payment::{Payment, PaymentRecord, Transition};
use paygate_core::status::Status;
use paygate_ports::{AccountStore, JournalReader, PaymentReader, Quarantine};
use std::collections::BTreeMap;

/// More than any test makes.
const ALL: u16 = 10_000;

impl<S: PaymentReader> Faulty<S> {
    /// A payment that is there, with its request.
    pub fn record(&self, id: PaymentId) -> PaymentRecord {
        at_once(self.inner.payment(id)).unwrap().unwrap()
    }

    /// A payment that is there.
    pub fn payment_now(&self, id: PaymentId) -> Payment {
        self.record(id).payment
    }

    /// The state of a payment that is there.
    pub fn status(&self, id: PaymentId) -> Status {
        self.payment_now(id).status
    }

    /// What happened to a payment, in order.
    pub fn steps(&self, id: PaymentId) -> Vec<Transition> {
        at_once(self.inner.timeline(id)).unwrap()
    }
}

impl<S: AccountStore> Faulty<S> {
    /// An account that is there.
    pub fn account_now(&self, id: AccountId) -> Account {
        at_once(self.inner.account(id)).unwrap().unwrap()
    }
}

impl<S: JournalReader> Faulty<S> {
    /// What was posted for a payment.
    pub fn posted(&self, id: PaymentId) -> Vec<Entry> {
        at_once(self.inner.entries_of(id)).unwrap()
    }
}

impl<S: Quarantine> Faulty<S> {
    /// What is set aside, and why.
    pub fn set_aside(&self) -> BTreeMap<PaymentId, String> {
        at_once(self.inner.parked(ALL)).unwrap().into_iter().collect()
    }
}
