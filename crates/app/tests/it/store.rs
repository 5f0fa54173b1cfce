//! A store in memory that decides with the real `Book`, with switches for everything a store can do
//! to its callers: be away, lose the answer of a commit, hold calls, choke on one row.

use crate::gate::Gate;
use crate::rows::Rows;
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::book::Changes;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::payment::{NewPayment, Payment};
use paygate_core::proof::{Proof, Scope};
use paygate_core::status::Status;
use paygate_ports::{Accepted, Clock, Decide, PaymentStore, StoreError};
use paygate_testkit::ManualClock;
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
    /// Accounts whose rows can't be read.
    pub unreadable: Vec<AccountId>,
    /// Redeliveries can't be counted.
    pub uncountable: bool,
    /// How far ahead of the others this store's clock is.
    pub skew: TimeDelta,
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
    /// How many names each look-up of accounts had.
    pub finds: Vec<usize>,
    /// The scopes that were proved.
    pub proofs: Vec<Scope>,
}

#[derive(Debug)]
pub struct FakeStore {
    pub clock: ManualClock,
    pub accepting: Gate,
    pub transacting: Gate,
    /// Where look-ups of accounts wait.
    pub finding: Gate,
    /// Where look-ups of keys wait.
    pub looking: Gate,
    /// Where proofs wait.
    pub proving: Gate,
    rows: Mutex<Rows>,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
}

impl FakeStore {
    pub fn new(clock: ManualClock) -> Self {
        let (accepting, transacting, finding, looking, proving) = Default::default();
        let (rows, faults, log) = Default::default();
        Self { clock, accepting, transacting, finding, looking, proving, rows, faults, log }
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
    pub fn answered<T>(&self, answer: T) -> Result<T, StoreError> {
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

    /// Fails unless the whole ledger holds, by the same proof that operators run.
    pub fn check(&self) {
        let mut found = Vec::new();
        let mut proof = Proof::new(Scope::Whole, TimeDelta::MAX, |violation| found.push(violation));
        for fact in self.rows().facts(Scope::Whole, self.time()) {
            proof.see(fact);
        }
        let summary = proof.finish();
        assert_eq!(found, [], "{summary:?}");
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
        let accept = |new: NewPayment| match refused.contains(&new.terms.amount.minor) {
            true => Accepted::Refused(StoreError::Refused("not this one".to_owned())),
            false => rows.accept(new, now),
        };
        let accepted = batch.into_iter().map(accept).collect();
        drop(rows);
        self.answered(accepted)
    }

    async fn claim(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.run(ids, decide, Payment::claim_needs_accounts).await
    }

    async fn transact(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.run(ids, decide, |_| true).await
    }
}

impl FakeStore {
    async fn run(
        &self,
        ids: Vec<PaymentId>,
        decide: Decide,
        need: impl Fn(&Payment) -> bool,
    ) -> Result<Changes, StoreError> {
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
        let mut book = rows.open_book(&ids, now, need);
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
