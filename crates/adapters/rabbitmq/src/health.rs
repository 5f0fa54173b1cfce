//! Whether the broker can be used.

use crate::queue::RabbitQueue;
use crate::shared::Shared;
use async_trait::async_trait;
use paygate_ports::{HealthCheck, PaymentQueue};
use std::sync::Arc;

/// Healthy: each connection that this process has started is up, and the queue answers.
pub struct RabbitHealth {
    shared: Arc<Shared>,
}

impl RabbitHealth {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl HealthCheck for RabbitHealth {
    fn name(&self) -> &'static str {
        "broker"
    }

    async fn check(&self) -> Result<(), String> {
        for link in self.shared.links() {
            link.health()?;
        }
        let queue = RabbitQueue::new(Arc::clone(&self.shared));
        queue.depth().await.map(|_| ()).map_err(|error| error.to_string())
    }
}
