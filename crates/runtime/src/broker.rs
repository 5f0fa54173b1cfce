//! The queue the configuration names, as its ports: RabbitMQ, or a queue within this process.

use crate::config::Config;
use crate::fatal::Fatal;
use crate::system::{RandomIds, SystemClock};
use paygate_memory::{MemoryOutcomes, MemoryQueue, MemoryQueueConfig};
use paygate_ports::{Deliveries, HealthCheck, Outcomes, PaymentQueue};
use paygate_rabbitmq::{Broker, RabbitConfig, RabbitDeliveries};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long the API waits at its start for a broker that neither answers nor refuses.
const FIRST_CONTACT: Duration = Duration::from_secs(5);

/// What connects API and workers.
#[derive(Clone)]
pub(crate) enum Queue {
    /// A broker; API and workers may be any number of processes.
    Rabbit(Broker),
    /// This process alone.
    Memory { queue: MemoryQueue, outcomes: MemoryOutcomes },
}

/// A consumer, and how to end it early so that what it holds goes to others at once.
pub(crate) struct Consumer {
    pub(crate) deliveries: Arc<dyn Deliveries>,
    rabbit: Option<Arc<RabbitDeliveries>>,
}

impl Consumer {
    /// Gives everything unacknowledged back.
    pub(crate) async fn close(&self) {
        if let Some(rabbit) = &self.rabbit {
            rabbit.close().await;
        }
    }
}

impl Queue {
    /// Starts to connect. A broker that is away is no error: it is tried again and again.
    pub(crate) fn start(config: &Config) -> Result<Self, Fatal> {
        match &config.rabbitmq {
            Some(rabbit) => Self::rabbit(rabbit.clone()),
            None => Ok(Self::Memory {
                queue: MemoryQueue::new(MemoryQueueConfig {
                    ids_per_message: config.ids_per_message,
                    ..MemoryQueueConfig::default()
                }),
                outcomes: MemoryOutcomes::default(),
            }),
        }
    }

    fn rabbit(config: RabbitConfig) -> Result<Self, Fatal> {
        let broker = Broker::start(config, Arc::new(SystemClock), Arc::new(RandomIds));
        broker.map(Self::Rabbit).map_err(|error| format!("RABBITMQ_URL: {error}"))
    }

    /// Returns when the broker was reached or is known to be away, and after [`FIRST_CONTACT`] in
    /// any case. Who listens before that leaves the first payments to the sweeper, though their
    /// hints could have been published a moment later.
    pub(crate) async fn first_contact(&self) {
        let Self::Rabbit(broker) = self else { return };
        if timeout(FIRST_CONTACT, broker.tried()).await.is_err() {
            tracing::warn!("the broker does not answer; the sweeper publishes what is accepted");
        }
    }

    pub(crate) fn publishing(&self) -> Arc<dyn PaymentQueue> {
        match self {
            Self::Rabbit(broker) => Arc::new(broker.queue()),
            Self::Memory { queue, .. } => Arc::new(queue.clone()),
        }
    }

    pub(crate) fn consumer(&self) -> Consumer {
        match self {
            Self::Rabbit(broker) => {
                let deliveries = Arc::new(broker.deliveries());
                Consumer { deliveries: Arc::clone(&deliveries) as _, rabbit: Some(deliveries) }
            }
            Self::Memory { queue, .. } => {
                Consumer { deliveries: Arc::new(queue.deliveries()), rabbit: None }
            }
        }
    }

    /// Outcomes for a process whose clients wait for them.
    pub(crate) fn listening(&self) -> Arc<dyn Outcomes> {
        match self {
            Self::Rabbit(broker) => Arc::new(broker.listen()),
            Self::Memory { outcomes, .. } => Arc::new(outcomes.clone()),
        }
    }

    /// Outcomes for a process that only announces them.
    pub(crate) fn announcing(&self) -> Arc<dyn Outcomes> {
        match self {
            Self::Rabbit(broker) => Arc::new(broker.announce_only()),
            Self::Memory { outcomes, .. } => Arc::new(outcomes.clone()),
        }
    }

    pub(crate) fn health(&self) -> Arc<dyn HealthCheck> {
        match self {
            Self::Rabbit(broker) => Arc::new(broker.health()),
            Self::Memory { queue, .. } => Arc::new(queue.clone()),
        }
    }

    pub(crate) async fn close(&self) {
        if let Self::Rabbit(broker) = self {
            broker.close().await;
        }
    }
}
