//! A store in memory that decides with the real `Book`, with switches for everything a store can do
//! to its callers: be away, lose the answer of a commit, hold calls, choke on one row.

use crate::gate::Gate;
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::book::{Book, Changes};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::Entry;
use paygate_core::payment::{NewPayment, PaymentRecord, Transition};
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_memory::ManualClock;
use paygate_ports::{Accepted, Clock, Decide, PaymentStore, StoreError};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

/// What a row does to whoever locks it.
#[derive(Clone, Debug)]
pub enum Poison {
    /// The whole call fails.
    Fails(StoreError),
    /// The decision panics.
    Panics,
    /// The call never comes back: as if the process died here.
    Hangs,
}

/// How the store behaves.
#[derive(Debug, Default)]
pub struct Faults {
    /// Every call fails until it is taken back.
    pub away: bool,
    /// So many next calls fail before they do anything.
    pub failing: u32,
    /// So many next writes commit, and their answer is lost.
    pub lost_answers: u32,
    /// So many next accepts panic.
    pub panics: u32,
    /// Rows that can't be processed.
    pub poison: BTreeMap<PaymentId, Poison>,
    /// Payments of these amounts can't be stored.
    pub refused: Vec<i64>,
    /// Redeliveries can't be counted.
    pub uncountable: bool,
    /// How far ahead of the others this store's clock is.
    pub skew: TimeDelta,
}

/// When a payment is due, and how often it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub at: Timestamp,
    pub taken: u32,
}

/// The tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub payments: BTreeMap<PaymentId, PaymentRecord>,
    references: BTreeMap<Reference, PaymentId>,
    pub accounts: BTreeMap<AccountId, Account>,
    pub transitions: Vec<Transition>,
    pub entries: Vec<Entry>,
    pub due: BTreeMap<PaymentId, Due>,
    pub redelivered: BTreeMap<PaymentId, i32>,
    pub parked: BTreeMap<PaymentId, String>,
}

/// What was asked of the store.
#[derive(Debug, Default)]
pub struct Log {
    pub accepts: Vec<usize>,
    pub transacts: Vec<Vec<PaymentId>>,
    pub walks: Vec<(PaymentId, PaymentId)>,
    /// When a payment was read.
    pub reads: Vec<Timestamp>,
    /// How many calls will never come back.
    pub hung: usize,
}

#[derive(Debug)]
pub struct FakeStore {
    pub clock: ManualClock,
    pub accepting: Gate,
    pub transacting: Gate,
    rows: Mutex<Rows>,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
}

impl FakeStore {
    pub fn new(clock: ManualClock) -> Self {
        let (accepting, transacting) = (Gate::default(), Gate::default());
        let (rows, faults, log) = Default::default();
        Self { clock, accepting, transacting, rows, faults, log }
    }

    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap()
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap()
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// Fails if the store is to be away for this call.
    pub fn reach(&self) -> Result<MutexGuard<'_, Rows>, StoreError> {
        let mut faults = self.faults();
        let fails = faults.away || faults.failing > 0;
        faults.failing = faults.failing.saturating_sub(1);
        drop(faults);
        if fails {
            Err(StoreError::Unavailable("switched off".to_owned()))
        } else {
            Ok(self.rows())
        }
    }

    /// The answer, unless it is to be lost after the commit.
    fn answered<T>(&self, answer: T) -> Result<T, StoreError> {
        let mut faults = self.faults();
        if faults.lost_answers > 0 {
            faults.lost_answers -= 1;
            return Err(StoreError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(answer)
    }

    /// The store's time.
    pub fn time(&self) -> Timestamp {
        self.clock.now() + self.faults().skew
    }

    pub fn skew(&self, ahead: TimeDelta) {
        self.faults().skew = ahead;
    }

    pub fn status(&self, id: PaymentId) -> Status {
        self.rows().payments[&id].payment.status
    }

    pub fn attempts(&self, id: PaymentId) -> i32 {
        self.rows().payments[&id].payment.attempts
    }

    /// How many payments are in that state.
    pub fn count(&self, status: Status) -> usize {
        self.rows().payments.values().filter(|record| record.payment.status == status).count()
    }

    /// Breaks the promise that holds between any two calls: a payment is posted once if and only if
    /// it succeeded, and the balances are the sums of the postings.
    pub fn check(&self) {
        let rows = self.rows();
        let mut sums: BTreeMap<AccountId, i64> = BTreeMap::new();
        for posting in rows.entries.iter().flat_map(|entry| &entry.postings) {
            *sums.entry(posting.account).or_default() += posting.amount.minor;
        }
        for account in rows.accounts.values() {
            let sum = sums.get(&account.id).copied().unwrap_or(0);
            assert_eq!(account.posted_minor, sum, "{account:?}");
        }
        for (id, record) in &rows.payments {
            let entries = rows.entries.iter().filter(|entry| entry.payment == *id).count();
            let settled = record.payment.status == Status::Success;
            assert_eq!(entries, usize::from(settled), "{:?}", record.payment);
            let steps = rows.transitions.iter().filter(|row| row.payment == *id).count();
            assert_eq!(steps, usize::try_from(record.payment.transitions).unwrap());
        }
    }
}

impl Rows {
    /// What becomes of a new payment, as the port's rules say.
    fn accept(&mut self, new: NewPayment, now: Timestamp) -> Accepted {
        if let Some(own) = self.payments.get(&new.id) {
            return Accepted::Created(own.payment.created_at);
        }
        if let Some(sent) = &new.request.idempotency {
            let own = self.payments.values().filter(|it| it.request.caller == new.request.caller);
            let mut keyed = own.filter_map(|it| Some((it, it.request.idempotency.as_ref()?)));
            match keyed.find(|(_, kept)| kept.key == sent.key) {
                Some((other, kept)) if kept.hash == sent.hash => {
                    return Accepted::Replayed(Box::new(other.clone()));
                }
                Some(_) => return Accepted::KeyReused,
                None => {}
            }
        }
        if let Some(existing) = self.references.get(&new.request.reference) {
            return Accepted::ReferenceTaken { existing: *existing };
        }
        self.references.insert(new.request.reference.clone(), new.id);
        self.payments.insert(new.id, new.accepted(now));
        Accepted::Created(now)
    }

    fn open_book(&self, ids: &[PaymentId], now: Timestamp) -> Book {
        let known = ids.iter().filter_map(|id| self.payments.get(id));
        let payments: Vec<_> = known.map(|record| record.payment.clone()).collect();
        let accounts = payments.iter().flat_map(|it| [it.source, it.destination]);
        let accounts = accounts.filter_map(|id| self.accounts.get(&id).cloned()).collect();
        Book::new(now, payments, accounts)
    }

    fn write(&mut self, changes: &Changes) {
        for payment in &changes.payments {
            if let Some(record) = self.payments.get_mut(&payment.id) {
                record.payment = payment.clone();
            }
        }
        self.accounts.extend(changes.accounts.iter().map(|it| (it.id, it.clone())));
        self.transitions.extend(changes.transitions.iter().cloned());
        self.entries.extend(changes.entries.iter().cloned());
        self.due.extend(changes.due.iter().map(|(id, at)| (*id, Due { at: *at, taken: 0 })));
    }
}

#[async_trait]
impl PaymentStore for FakeStore {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        self.log().accepts.push(batch.len());
        self.accepting.pass().await;
        let panics = self.faults().panics;
        self.faults().panics = panics.saturating_sub(1);
        assert_eq!(panics, 0, "the store panics, as it was told to");
        let refused = self.faults().refused.clone();
        let now = self.time();
        let mut rows = self.reach()?;
        let accept = |new: NewPayment| match refused.contains(&new.amount.minor) {
            true => Accepted::Refused(StoreError::Refused("not this one".to_owned())),
            false => rows.accept(new, now),
        };
        let accepted = batch.into_iter().map(accept).collect();
        drop(rows);
        self.answered(accepted)
    }

    async fn transact_payments(
        &self,
        ids: Vec<PaymentId>,
        decide: Decide,
    ) -> Result<Changes, StoreError> {
        self.transact(ids, decide).await
    }

    async fn transact(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.log().transacts.push(ids.clone());
        self.transacting.pass().await;
        let poison = ids.iter().find_map(|id| self.faults().poison.get(id).cloned());
        match poison {
            Some(Poison::Hangs) => {
                self.log().hung += 1;
                std::future::pending().await
            }
            Some(Poison::Fails(error)) => return Err(error),
            _ => {}
        }
        let now = self.time();
        let mut rows = self.reach()?;
        let mut book = rows.open_book(&ids, now);
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&mut book)));
        if decided.is_err() || matches!(poison, Some(Poison::Panics)) {
            return Err(StoreError::Refused("the decision panicked".to_owned()));
        }
        let changes = book.into_changes();
        rows.write(&changes);
        drop(rows);
        self.answered(changes)
    }
}
