//! The sweeper: finds accepted payments whose hint was lost, and publishes them, and what is to be
//! tried again, when they are due.
//!
//! It never decides anything: a hint too many does no harm. Any number of sweepers may run. Each look
//! is a bounded step: what is due never waits for all that was accepted to be looked through.

use paygate_core::Timestamp;
use paygate_ports::{Clock, DueStore, HintOut, PaymentQueue, StoreError, TraceContext};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How the sweeper works.
#[derive(Clone, Debug)]
pub struct SweeperConfig {
    /// How old an accepted batch is when it is looked at: younger payments have their own hint under
    /// way.
    pub sweep_after: Duration,
    /// The pause between two looks.
    pub interval: Duration,
    /// How often the age of the oldest open payment is measured.
    pub measure_every: Duration,
    /// At most so many batches are looked at before what is due is published.
    pub watches: u32,
    /// At most so many hints in one publish; while more messages wait in the queue, none.
    pub batch: u32,
}

impl Default for SweeperConfig {
    fn default() -> Self {
        Self {
            sweep_after: Duration::from_secs(5),
            interval: Duration::from_millis(500),
            measure_every: Duration::from_secs(5),
            watches: 100,
            batch: 500,
        }
    }
}

/// Whether more batches are old enough to be looked at.
enum More {
    Waits,
    Nothing,
}

/// Looks at what was accepted, and publishes what is due.
pub struct Sweeper {
    due: Arc<dyn DueStore>,
    queue: Arc<dyn PaymentQueue>,
    clock: Arc<dyn Clock>,
    config: SweeperConfig,
    measured_at: Option<Timestamp>,
}

impl Sweeper {
    /// A sweeper that has not looked yet.
    #[must_use]
    pub fn new(
        due: Arc<dyn DueStore>,
        queue: Arc<dyn PaymentQueue>,
        clock: Arc<dyn Clock>,
        config: SweeperConfig,
    ) -> Self {
        Self { due, queue, clock, config, measured_at: None }
    }

    /// Sweeps until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let looked = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                looked = self.look() => looked,
            };
            match looked {
                Ok(More::Waits) => continue,
                Ok(More::Nothing) => {}
                Err(error) => tracing::warn!(%error, "the sweeper could not look; it will again"),
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.clock.sleep(self.config.interval) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<More, StoreError> {
        let ripened = self.due.ripen(self.config.sweep_after, self.config.watches).await?;
        metrics::counter!("paygate_sweeper_found_total").increment(ripened.found);
        self.publish().await?;
        self.measure().await?;
        match ripened.watches >= u64::from(self.config.watches) {
            true => Ok(More::Waits),
            false => Ok(More::Nothing),
        }
    }

    /// Tells how long the oldest open payment waits, now and then.
    async fn measure(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let since = self.measured_at.map(|at| (now - at).to_std().unwrap_or(Duration::MAX));
        if since.is_some_and(|since| since < self.config.measure_every) {
            return Ok(());
        }
        self.measured_at = Some(now);
        let age = match self.due.oldest().await? {
            Some(at) => (self.due.now().await? - at).num_seconds().max(0),
            None => 0,
        };
        metrics::gauge!("paygate_oldest_open_payment_age_seconds").set(age as f64);
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
