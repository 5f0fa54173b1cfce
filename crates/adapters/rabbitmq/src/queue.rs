//! The publishing side of the payment queue.

use crate::hint;
use crate::publisher::Outgoing;
use crate::shared::Shared;
use async_trait::async_trait;
use lapin::BasicProperties;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use paygate_ports::{HintOut, PaymentQueue, QueueError};
use std::sync::Arc;
use tokio::time::timeout;

/// Publishes hints to the quorum queue.
#[derive(Clone)]
pub struct RabbitQueue {
    shared: Arc<Shared>,
}

impl RabbitQueue {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn message(&self, hints: &[HintOut]) -> Outgoing {
        let topology = &self.shared.connector.topology;
        let mut properties = self.shared.properties().with_headers(hint::headers(hints));
        if let Some(id) = hint::correlation_id(hints) {
            properties = properties.with_correlation_id(id);
        }
        Outgoing {
            exchange: topology.payments.clone(),
            routing_key: topology.created_key.clone(),
            properties: persistent(properties),
            body: hint::encode(hints.iter().map(|hint| hint.id)),
        }
    }
}

#[async_trait]
impl PaymentQueue for RabbitQueue {
    async fn publish(&self, hints: Vec<HintOut>) -> Result<(), QueueError> {
        if hints.is_empty() {
            return Ok(());
        }
        let ids_per_message = self.shared.connector.config.ids_per_message;
        let messages = hints.chunks(ids_per_message).map(|chunk| self.message(chunk)).collect();
        self.shared.publisher.confirmed(messages).await
    }

    async fn depth(&self) -> Result<u64, QueueError> {
        let session = self.shared.publisher.link.unblocked()?;
        let limit = self.shared.connector.config.probe_timeout;
        // On a channel of its own, since a queue that is missing closes it.
        let asked = timeout(limit, async {
            let channel = session.connection.create_channel().await?;
            let name = self.shared.connector.topology.processing.clone();
            let options = QueueDeclareOptions::durable().passive();
            let queue = channel.queue_declare(name, options, FieldTable::default()).await?;
            channel.close(200, "asked".into()).await?;
            lapin::Result::Ok(u64::from(queue.message_count()))
        });
        match asked.await {
            Ok(Ok(depth)) => Ok(depth),
            Ok(Err(error)) => {
                // Only a new session declares a queue that is missing.
                session.fail(error.to_string());
                Err(QueueError::Unavailable(error.to_string()))
            }
            Err(_) => Err(QueueError::Unavailable(format!("no answer within {limit:?}"))),
        }
    }
}

/// The message survives a restart of the broker.
pub fn persistent(properties: BasicProperties) -> BasicProperties {
    properties.with_delivery_mode(2)
}
