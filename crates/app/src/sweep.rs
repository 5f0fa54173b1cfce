//! The sweeper: finds accepted payments whose hint was lost, and publishes them, and what is to be
//! tried again, when they are due.
//!
//! It never decides anything: a hint too many does no harm. Any number of sweepers may run.

use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_ports::{Clock, DueStore, HintOut, PaymentQueue, StoreError, TraceContext};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How the sweeper works.
#[derive(Clone, Debug)]
pub struct SweeperConfig {
    /// How far behind now the walk stays: younger payments have their own hint under way.
    pub sweep_after: Duration,
    /// The pause between two looks.
    pub interval: Duration,
    /// How often the walk starts again from the first payment, for rows that were committed late.
    pub full_pass_every: Duration,
    /// At most so many payments in one step of the walk.
    pub walk_page: u32,
    /// At most so many hints in one publish; while more messages wait in the queue, none.
    pub batch: u32,
}

impl Default for SweeperConfig {
    fn default() -> Self {
        Self {
            sweep_after: Duration::from_secs(5),
            interval: Duration::from_millis(500),
            full_pass_every: Duration::from_secs(3600),
            walk_page: 10_000,
            batch: 500,
        }
    }
}

/// Walks and publishes.
pub struct Sweeper {
    due: Arc<dyn DueStore>,
    queue: Arc<dyn PaymentQueue>,
    clock: Arc<dyn Clock>,
    config: SweeperConfig,
    walked_to: PaymentId,
    last_full_pass: Option<Timestamp>,
}

impl Sweeper {
    /// A sweeper that has not walked yet.
    #[must_use]
    pub fn new(
        due: Arc<dyn DueStore>,
        queue: Arc<dyn PaymentQueue>,
        clock: Arc<dyn Clock>,
        config: SweeperConfig,
    ) -> Self {
        Self { due, queue, clock, config, walked_to: PaymentId(Uuid::nil()), last_full_pass: None }
    }

    /// Sweeps until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let looked = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                looked = self.look() => looked,
            };
            if let Err(error) = looked {
                tracing::warn!(%error, "the sweeper could not look; it will again");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.clock.sleep(self.config.interval) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.due.now().await?;
        self.walk(now).await?;
        self.publish().await?;
        let age = self.due.oldest().await?.map_or(0, |at| (now - at).num_seconds().max(0));
        metrics::gauge!("paygate_oldest_open_payment_age_seconds").set(age as f64);
        Ok(())
    }

    /// Walks from where it stopped to `sweep_after` behind now; from the start when a full pass is
    /// due.
    async fn walk(&mut self, now: Timestamp) -> Result<(), StoreError> {
        // Also after a clock went back: what was walked under the wrong time was walked too far.
        let full_pass_due = self.last_full_pass.is_none_or(|last| {
            (now - last).to_std().map_or(true, |since| since >= self.config.full_pass_every)
        });
        if full_pass_due {
            self.last_full_pass = Some(now);
            self.walked_to = PaymentId(Uuid::nil());
        }
        let before = PaymentId::lower_bound(now - self.config.sweep_after);
        while let Some(last) = {
            let walked = self.due.walk(self.walked_to, before, self.config.walk_page).await?;
            metrics::counter!("paygate_sweeper_found_total").increment(walked.found);
            walked.last
        } {
            self.walked_to = last;
        }
        Ok(())
    }

    /// Publishes what is due, unless the workers have enough to do already.
    async fn publish(&mut self) -> Result<(), StoreError> {
        loop {
            match self.queue.depth().await {
                Ok(depth) if depth <= u64::from(self.config.batch) => {}
                Ok(_) => return Ok(()),
                Err(error) => {
                    tracing::debug!(%error, "the sweeper leaves the due payments for later");
                    return Ok(());
                }
            }
            let due = self.due.take_due(self.config.batch).await?;
            let (count, full) = (due.len(), due.len() >= self.config.batch as usize);
            if due.is_empty() {
                return Ok(());
            }
            let hints = due.into_iter().map(|id| HintOut { id, context: TraceContext::default() });
            match self.queue.publish(hints.collect()).await {
                Ok(()) => {
                    tracing::debug!(count, "the sweeper published what was due");
                    metrics::counter!("paygate_sweeper_published_total").increment(count as u64);
                }
                Err(error) => {
                    tracing::warn!(%error, count, "the sweeper could not publish; it will again");
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
        }
    }
}
