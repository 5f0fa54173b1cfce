//! The worker: takes hints from the queue, has them processed, acknowledges them after. Stops by
//! taking no more and finishing what is in hand.

use crate::work::process::Processor;
use crate::work::setup::{WorkerConfig, WorkerPorts};
use paygate_ports::{Clock, Deliveries, Delivery, QueueError};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

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
    async fn take(&self) -> Result<Vec<Delivery>, QueueError> {
        let room = self.processor.room().await;
        self.deliveries.next(room.min(self.batch)).await
    }
}
