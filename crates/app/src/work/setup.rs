//! What a worker needs: its settings and its ports.

use paygate_core::work::WorkPolicy;
use paygate_ports::{Acquirer, Clock, Deliveries, Outcomes, PaymentStore, Quarantine};
use std::sync::Arc;
use std::time::Duration;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The most payments claimed by one transaction.
    pub batch: usize,
    /// How many provider calls run at once.
    pub acquirer_concurrency: usize,
    /// The longest one provider call takes, by the adapter's own timeout.
    pub provider_timeout: Duration,
    /// Leases, attempts, backoff; how long holds last.
    pub policy: WorkPolicy,
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
            policy: WorkPolicy::default(),
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
