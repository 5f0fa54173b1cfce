//! Proving the ledger: on request, all of it; and again and again, what is new.

use paygate_core::Timestamp;
use paygate_core::identity::{Denied, Operation, Principal};
use paygate_core::proof::{Fact, Proof, Scope, Summary, Violation};
use paygate_ports::{Audit, Examiner, StoreError};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Why nothing is proved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// It is not for who asks to know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A proof is under way already in this process; it reads everything.
    #[error("a proof is under way already")]
    UnderWay,
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Proves the ledger of a store, one proof at a time.
#[derive(Clone)]
pub struct Proofs {
    audit: Arc<dyn Audit>,
    overdue_after: Duration,
    places: Arc<Semaphore>,
}

/// What a proof came to.
#[derive(Clone, Debug)]
pub struct Proven {
    /// How much was looked at, and what it adds up to.
    pub summary: Summary,
    /// The first of the rows that do not fit, at most as many as were asked for.
    pub violations: Vec<Violation>,
    /// The store's time of the proof; `None` if the store told nothing.
    pub as_of: Option<Timestamp>,
}

impl Proofs {
    /// Proves what this store holds. What waits longer than `overdue_after` is a violation.
    #[must_use]
    pub fn new(audit: Arc<dyn Audit>, overdue_after: Duration) -> Self {
        Self { audit, overdue_after, places: Arc::new(Semaphore::new(1)) }
    }

    /// Proves all of it, or what is new; keeps at most `most` violations, however many there are.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(
        &self,
        principal: &Principal,
        scope: Scope,
        most: usize,
    ) -> Result<Proven, ProofError> {
        let mut violations = Vec::new();
        let keep = |violation| {
            if violations.len() < most {
                violations.push(violation);
            }
        };
        let (summary, as_of) = self.run(principal, scope, keep, |_, _| ()).await?;
        Ok(Proven { summary, violations, as_of })
    }

    /// Proves it and hands each violation on as it is found, and how many rows of how many have been
    /// looked at; of how many is 0 where that is not known, as of what is new.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn run(
        &self,
        principal: &Principal,
        scope: Scope,
        report: impl FnMut(Violation) + Send,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(Summary, Option<Timestamp>), ProofError> {
        principal.may(Operation::Prove)?;
        let _place = self.places.try_acquire().map_err(|_| ProofError::UnderWay)?;
        let overdue_after = chrono::TimeDelta::from_std(self.overdue_after);
        let overdue_after = overdue_after.unwrap_or(chrono::TimeDelta::MAX);
        let proof = Proof::new(scope, overdue_after, report);
        let mut examiner = Counting { proof, progress, seen: 0, total: 0, as_of: None };
        self.audit.examine(scope, &mut examiner).await?;
        Ok((examiner.proof.finish(), examiner.as_of))
    }
}

/// Shows facts to a proof, and tells how far it is.
struct Counting<'a, P> {
    proof: Proof<'a>,
    progress: P,
    seen: u64,
    total: u64,
    as_of: Option<Timestamp>,
}

impl<P: FnMut(u64, u64) + Send> Examiner for Counting<'_, P> {
    fn see(&mut self, fact: Fact) {
        match &fact {
            Fact::AsOf(now) => self.as_of = Some(*now),
            Fact::Size { accounts, payments, postings, .. } => {
                self.total = accounts.saturating_add(*payments).saturating_add(*postings);
                (self.progress)(self.seen, self.total);
            }
            Fact::Account { .. }
            | Fact::Posting { .. }
            | Fact::Payment(_)
            | Fact::Unreadable { .. } => {
                self.seen = self.seen.saturating_add(1);
                (self.progress)(self.seen, self.total);
            }
        }
        self.proof.see(fact);
    }
}
