//! The worker: takes hints from the queue, has them processed, acknowledges them after. Stops by
//! taking no more and finishing what is in hand.

use crate::process::Processor;
use paygate_core::charge::ClaimPolicy;
use paygate_ports::{Acquirer, Clock, Deliveries, Outcomes, PaymentStore, Quarantine};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The most payments claimed by one transaction.
    pub batch: usize,
    /// How many provider calls run at once.
    pub acquirer_concurrency: usize,
    /// The longest one provider call takes, by the adapter's own timeout.
    pub provider_timeout: Duration,
    /// Leases, attempts, backoff.
    pub policy: ClaimPolicy,
    /// From this many redeliveries on a payment is processed alone.
    pub alone_from: i32,
    /// At this many redeliveries a payment is parked.
    pub parked_at: i32,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            batch: 500,
            acquirer_concurrency: 64,
            provider_timeout: Duration::from_secs(5),
            policy: ClaimPolicy::default(),
            alone_from: 3,
            parked_at: 5,
        }
    }
}

/// What a worker uses.
#[derive(Clone)]
pub struct WorkerPorts {
    /// Where payments are claimed and settled.
    pub store: Arc<dyn PaymentStore>,
    /// Where poison is set aside.
    pub quarantine: Arc<dyn Quarantine>,
    /// Where hints come from.
    pub deliveries: Arc<dyn Deliveries>,
    /// Who is told of outcomes.
    pub outcomes: Arc<dyn Outcomes>,
    /// Who is asked for the money.
    pub acquirer: Arc<dyn Acquirer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Takes, processes, acknowledges.
pub struct Worker {
    deliveries: Arc<dyn Deliveries>,
    clock: Arc<dyn Clock>,
    processor: Processor,
    batch: usize,
}

impl Worker {
    /// A worker on these ports. `abandon` ends its patience with a store that is away: it comes
    /// after `stop`, when the time for finishing is over.
    #[must_use]
    pub fn new(ports: WorkerPorts, config: WorkerConfig, abandon: CancellationToken) -> Self {
        Self {
            deliveries: Arc::clone(&ports.deliveries),
            clock: Arc::clone(&ports.clock),
            batch: config.batch.max(1),
            processor: Processor::new(ports, config, abandon),
        }
    }

    /// Works until `stop`, then finishes what is in hand and returns.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let deliveries = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                deliveries = self.take() => deliveries,
            };
            match deliveries {
                Ok(deliveries) => self.processor.process(deliveries).await,
                Err(error) => {
                    tracing::warn!(%error, "taking hints failed; trying again");
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => break,
                        () = self.clock.sleep(Duration::from_millis(200)) => {}
                    }
                }
            }
        }
        tracing::info!("taking no more hints; finishing what is in hand");
        self.processor.finish().await;
    }

    /// Takes as much as may be claimed now: waits while claimed charges in plenty wait for the
    /// provider.
    async fn take(&self) -> Result<Vec<paygate_ports::Delivery>, paygate_ports::QueueError> {
        let room = self.processor.room().await;
        self.deliveries.next(room.min(self.batch)).await
    }
}
