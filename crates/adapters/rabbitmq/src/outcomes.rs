//! Outcomes: one message per settled batch to everyone who listens, each with a queue of its own.
//! Events are hints, too: neither confirmed nor kept when nobody hears them.

use crate::connection::Connector;
use crate::link::{Link, Purpose};
use crate::publisher::Outgoing;
use crate::session::Session;
use crate::shared::Shared;
use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, Consumer};
use paygate_core::id::PaymentId;
use paygate_ports::{Outcome, Outcomes, QueueError, WaiterRegistry, Waiting};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// How many events may be on their way to this process.
const PREFETCH: u16 = 256;

#[derive(Serialize, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    outcomes: Vec<Entry<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
}

/// Announces outcomes, and hears them if it listens.
pub struct RabbitOutcomes {
    shared: Arc<Shared>,
    waiters: WaiterRegistry,
    listener: Option<Listener>,
}

impl RabbitOutcomes {
    pub(crate) fn announce_only(shared: Arc<Shared>) -> Self {
        Self { shared, waiters: WaiterRegistry::default(), listener: None }
    }

    pub(crate) fn listen(shared: Arc<Shared>) -> Self {
        let waiters = WaiterRegistry::default();
        let link = Arc::new(Link::start(Arc::clone(&shared.connector), Listening));
        let weak: Weak<Link<Listening>> = Arc::downgrade(&link);
        shared.watch(weak);
        let task = tokio::spawn(hear(Arc::clone(&link), waiters.clone()));
        Self { shared, waiters, listener: Some(Listener { link, task }) }
    }

    /// Returns when it listens; at once if it never does.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] once [closed](Self::close).
    pub async fn ready(&self) -> Result<(), QueueError> {
        match &self.listener {
            Some(listener) => listener.link.up().await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Stops listening, for good.
    pub async fn close(&self) {
        if let Some(listener) = &self.listener {
            listener.link.close().await;
        }
    }
}

#[async_trait]
impl Outcomes for RabbitOutcomes {
    async fn announce(&self, outcomes: &[Outcome]) -> Result<(), QueueError> {
        if outcomes.is_empty() {
            return Ok(());
        }
        let entries = outcomes.iter().map(|outcome| Entry {
            id: outcome.id.to_string().into(),
            status: outcome.status.as_str().into(),
        });
        let body = serde_json::to_vec(&Body { outcomes: entries.collect() })
            .map_err(|error| QueueError::Refused(error.to_string()))?;
        let message = Outgoing {
            exchange: self.shared.connector.topology.events.clone(),
            routing_key: ShortString::default(),
            // Delivery mode 1: not worth a disk.
            properties: self.shared.properties().with_delivery_mode(1),
            body,
        };
        self.shared.publisher.unconfirmed(&message).await
    }

    fn wait_for(&self, id: PaymentId) -> Waiting {
        self.waiters.register(id)
    }
}

struct Listener {
    link: Arc<Link<Listening>>,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Hearing outcomes.
struct Listening;

struct Events {
    channel: Channel,
    consumer: Mutex<Consumer>,
}

#[async_trait]
impl Purpose for Listening {
    type Live = Events;
    const NAME: &'static str = "outcomes";

    async fn set_up(
        &self,
        connection: &Connection,
        connector: &Connector,
    ) -> lapin::Result<Events> {
        let channel = connection.create_channel().await?;
        let topology = &connector.topology;
        // A new name each time: the broker may not know yet that the connection before is gone.
        let name = format!("{}.{}", topology.events, connector.ids.uuid_v7());
        let name = ShortString::try_new(name).unwrap_or_default();
        topology.declare_events_queue(&channel, &name).await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let consumer = channel
            .basic_consume(
                name,
                ShortString::default(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Events { channel, consumer: Mutex::new(consumer) })
    }
}

/// Tells the waiters what is heard, until the link is closed.
async fn hear(link: Arc<Link<Listening>>, waiters: WaiterRegistry) {
    while let Ok(session) = link.up().await {
        tokio::select! {
            biased;
            reason = session.hear(&waiters) => session.fail(reason),
            () = link.left(session.generation) => {}
        }
        link.left(session.generation).await;
    }
}

impl Session<Events> {
    /// Answers why it has ended.
    async fn hear(&self, waiters: &WaiterRegistry) -> String {
        let mut consumer = self.live.consumer.lock().await;
        loop {
            let mut arrived = consumer.next().await;
            let last = loop {
                let tag = match arrived {
                    Some(Ok(message)) => {
                        waiters.tell(decode(&message.data));
                        message.delivery_tag
                    }
                    Some(Err(error)) => return error.to_string(),
                    None => return "the broker cancelled the consumer".to_owned(),
                };
                match consumer.next().now_or_never() {
                    Some(more) => arrived = more,
                    None => break tag,
                }
            };
            let options = BasicAckOptions { multiple: true };
            if let Err(error) = self.live.channel.basic_ack(last, options).await {
                return error.to_string();
            }
        }
    }
}

/// The payments of an event; none of one that can't be read, as who waits looks at the row anyway.
fn decode(body: &[u8]) -> Vec<PaymentId> {
    let body: Result<Body<'_>, _> = serde_json::from_slice(body);
    if let Err(error) = &body {
        tracing::debug!(%error, "an event that can't be read");
    }
    let outcomes = body.map(|body| body.outcomes).unwrap_or_default();
    outcomes.iter().filter_map(|outcome| outcome.id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_far_as_it_can_be() {
        let id = "018bcfe5-687b-7000-8000-000000000000";
        let body = format!(
            r#"{{"outcomes":[{{"id":"x","status":"?"}},{{"id":"{id}","status":"SUCCESS","more":1}}]}}"#
        );
        assert_eq!(decode(body.as_bytes()), [id.parse().unwrap()]);
        assert_eq!(decode(b"hello"), []);
        assert_eq!(decode(b"{\"outcomes\":[]}"), []);
    }
}
