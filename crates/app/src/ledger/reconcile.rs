//! The reconciler: proves new entries again and again, beside the work, and raises the alarm.

use crate::ledger::proofs::{ProofError, Proofs};
use chrono::TimeDelta;
use paygate_core::identity::Principal;
use paygate_core::proof::{Scope, Violation};
use paygate_ports::{Clock, ProofLog};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How far each proof reaches back behind the one before: an entry's time is set under lock, and its
/// commit may come a little later.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);
/// How often a worker asks whether a proof is due, at the most.
const LOOK: Duration = Duration::from_secs(5);
/// The most violations of one proof that are told one by one; all are counted.
const MOST_TOLD: usize = 100;

/// Proves what is new.
pub struct Reconciler {
    proofs: Proofs,
    log: Arc<dyn ProofLog>,
    clock: Arc<dyn Clock>,
    interval: Duration,
}

impl Reconciler {
    /// Proves what is new every `interval`, as one of all workers of the store.
    #[must_use]
    pub fn new(
        proofs: Proofs,
        log: Arc<dyn ProofLog>,
        clock: Arc<dyn Clock>,
        interval: Duration,
    ) -> Self {
        Self { proofs, log, clock, interval }
    }

    /// Proves until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.clock.sleep(self.interval.min(LOOK)) => {}
            }
            match self.look(&stop).await {
                Ok(()) | Err(ProofError::UnderWay) => {}
                Err(ProofError::Denied(why)) => tracing::error!(%why, "the system may not prove"),
                Err(ProofError::Store(error)) => {
                    tracing::warn!(%error, "new entries could not be proved; they will be");
                }
            }
        }
    }

    /// Proves what is new, if that is due. A proof that fails, or that `stop` ends midway, is given
    /// back, so that nobody waits for it.
    async fn look(&self, stop: &CancellationToken) -> Result<(), ProofError> {
        let Some(from) = self.log.begin(self.interval).await? else { return Ok(()) };
        let mut told = 0usize;
        let report = |violation: Violation| {
            raise(&violation, told < MOST_TOLD);
            told = told.saturating_add(1);
        };
        let scope = Scope::Since(from.checked_sub_signed(OVERLAP).unwrap_or(from));
        let proved = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(self.log.record(from).await?),
            proved = self.proofs.run(&Principal::System, scope, report, |_, _| ()) => proved,
        };
        let Ok((summary, as_of)) = proved else {
            self.log.record(from).await?;
            return proved.map(drop);
        };
        metrics::counter!("paygate_ledger_proved_entries_total").increment(summary.entries);
        tracing::debug!(entries = summary.entries, "new entries are proved");
        Ok(self.log.record(as_of.unwrap_or(from)).await?)
    }
}

/// Counts a violation, and tells of it.
fn raise(violation: &Violation, tell: bool) {
    let currency = violation.currency.map_or("", |currency| currency.code());
    metrics::counter!("paygate_ledger_imbalance_total",
        "currency" => currency, "check" => violation.check)
    .increment(1);
    if tell {
        let Violation { check, row, detail, .. } = violation;
        tracing::error!(check, currency, row, detail, "the ledger does not hold");
    }
}
