//! The consuming side of the payment queue.

use crate::acks::Outstanding;
use crate::connection::Connector;
use crate::hint;
use crate::link::{Link, Purpose};
use crate::publisher::Outgoing;
use crate::queue::persistent;
use crate::session::Session;
use crate::shared::Shared;
use async_trait::async_trait;
use futures_util::future::try_join_all;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, Consumer};
use metrics::counter;
use paygate_ports::{DeadLetter, Deliveries, Delivery, DeliveryTag, Hint, QueueError};
use std::sync::{Arc, PoisonError, Weak};
use tokio::sync::Mutex;

/// How much of a reason goes into the header of a dead letter, bytes.
const MAX_REASON_BYTES: usize = 1024;

/// Consumes hints from the quorum queue.
pub struct RabbitDeliveries {
    shared: Arc<Shared>,
    link: Arc<Link<Consuming>>,
}

impl RabbitDeliveries {
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        let link = Arc::new(Link::start(Arc::clone(&shared.connector), Consuming));
        let weak: Weak<Link<Consuming>> = Arc::downgrade(&link);
        shared.watch(weak);
        Self { shared, link }
    }

    /// Stops consuming, for good: what was delivered and not acknowledged goes back to the queue at
    /// once, and `next` fails from then on. Acknowledge first.
    pub async fn close(&self) {
        self.link.close().await;
    }
}

/// What is set up on the consuming connection.
pub struct Consumption {
    channel: Channel,
    consumer: Mutex<Consumer>,
    outstanding: std::sync::Mutex<Outstanding>,
    /// Held while acknowledgements are written: a frame for all up to a tag must not be overtaken
    /// by one for a later tag, which would leave it nothing to acknowledge.
    acking: Mutex<()>,
}

/// Consuming hints.
pub struct Consuming;

#[async_trait]
impl Purpose for Consuming {
    type Live = Consumption;
    const NAME: &'static str = "consume";

    async fn set_up(
        &self,
        connection: &Connection,
        connector: &Connector,
    ) -> lapin::Result<Consumption> {
        let channel = connection.create_channel().await?;
        channel.basic_qos(connector.config.prefetch, BasicQosOptions::default()).await?;
        let queue = connector.topology.processing.clone();
        let consumer = channel
            .basic_consume(
                queue,
                ShortString::default(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Consumption {
            channel,
            consumer: Mutex::new(consumer),
            outstanding: std::sync::Mutex::default(),
            acking: Mutex::new(()),
        })
    }
}

#[async_trait]
impl Deliveries for RabbitDeliveries {
    async fn next(&self, max_ids: usize) -> Result<Vec<Delivery>, QueueError> {
        loop {
            let session = self.link.up().await?;
            // lapin ends the stream with the connection; that the link has left it is a second sign.
            let next = tokio::select! {
                biased;
                next = session.next(max_ids) => next,
                () = self.link.left(session.generation) => continue,
            };
            match next {
                // What was taken from a connection that is gone comes again.
                Ok(taken) if session.connection.status().connected() => return Ok(taken),
                Ok(_) => {}
                Err(reason) => session.fail(reason),
            }
            self.link.left(session.generation).await;
        }
    }

    async fn ack(&self, tags: &[DeliveryTag]) -> Result<(), QueueError> {
        // A connection that is down has taken its tags along.
        let Ok(session) = self.link.current() else { return Ok(()) };
        let current = tags.iter().filter(|tag| tag.generation == session.generation);
        session.ack(current.map(|tag| tag.number)).await.map_err(|error| {
            session.fail(error.to_string());
            QueueError::Unavailable(error.to_string())
        })
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), QueueError> {
        let topology = &self.shared.connector.topology;
        let reason = bounded(&letter.reason);
        let mut headers = FieldTable::default();
        headers.insert("x-reason".into(), AMQPValue::LongString(reason.into()));
        let message = Outgoing {
            exchange: topology.dead_exchange.clone(),
            routing_key: topology.dead_key.clone(),
            properties: persistent(self.shared.properties().with_headers(headers)),
            body: letter.body,
        };
        self.shared.publisher.confirmed(vec![message]).await?;
        counter!("paygate_dead_letters_total").increment(1);
        Ok(())
    }
}

/// As much of a reason as goes into a header, whole characters only.
fn bounded(reason: &str) -> &str {
    let longest = reason.len().min(MAX_REASON_BYTES);
    (0..=longest).rev().find_map(|end| reason.get(..end)).unwrap_or_default()
}

impl Session<Consumption> {
    /// One message and what is ready besides. There is no await after the first is taken, so that
    /// dropping this loses none.
    async fn next(&self, max_ids: usize) -> Result<Vec<Delivery>, String> {
        let mut consumer = self.live.consumer.lock().await;
        let mut arrived = consumer.next().await;
        let mut taken = Vec::new();
        let mut ids = 0usize;
        loop {
            match arrived {
                Some(Ok(message)) => {
                    let delivery = self.hand_out(message);
                    ids =
                        ids.saturating_add(delivery.hint.as_ref().map_or(1, |hint| hint.ids.len()));
                    taken.push(delivery);
                }
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the broker cancelled the consumer".to_owned()),
            }
            if ids >= max_ids {
                return Ok(taken);
            }
            match consumer.next().now_or_never() {
                Some(more) => arrived = more,
                None => return Ok(taken),
            }
        }
    }

    fn hand_out(&self, message: lapin::message::Delivery) -> Delivery {
        let number = message.delivery_tag;
        self.live.outstanding.lock().unwrap_or_else(PoisonError::into_inner).add(number);
        let redelivered = message.redelivered || hint::came_back(&message.properties);
        let label = if redelivered { "true" } else { "false" };
        counter!("paygate_deliveries_total", "redelivered" => label).increment(1);
        let context = hint::context(&message.properties);
        Delivery {
            tag: DeliveryTag { generation: self.generation, number },
            redelivered,
            hint: hint::decode(&message.data).map(|ids| Hint { ids, context }),
            body: message.data,
        }
    }

    async fn ack(&self, tags: impl Iterator<Item = u64>) -> lapin::Result<()> {
        let _turn = self.live.acking.lock().await;
        let frames =
            self.live.outstanding.lock().unwrap_or_else(PoisonError::into_inner).take(tags);
        let ack = |tag, multiple| self.live.channel.basic_ack(tag, BasicAckOptions { multiple });
        let up_to = frames.up_to.map(|tag| ack(tag, true));
        let single = frames.single.iter().map(|tag| ack(*tag, false));
        try_join_all(up_to.into_iter().chain(single)).await.map(|_| ())
    }
}
