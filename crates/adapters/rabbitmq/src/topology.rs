//! The exchanges and queues, and their declaration. Every process declares all of them on every
//! connection, so whoever comes first makes them and a deleted one comes back. An argument that is
//! changed here contradicts the queue that exists: that needs a new name, or a queue deleted by
//! hand.
//!
//! Everything here is understood alike by RabbitMQ 3.10 and 4.
//!
//! A broker that is killed within a second of a quorum queue's first declaration may forget the
//! queue and what it held, and then never serve that name again (3.10: "leader not known") until
//! the queue is deleted or `rabbitmqctl eval 'ra:trigger_election(…)'` is called. Hints lost so are
//! the sweeper's.

use crate::config::RabbitConfigError;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ExchangeKind};

/// How often a message may come back before the broker itself sets it aside: a last guard, far
/// above what the workers count on the rows.
const DELIVERY_LIMIT: i64 = 50;
/// How much an API process may fall behind with outcomes before the oldest are dropped.
const EVENTS_MAX_MESSAGES: i64 = 10_000;
const EVENTS_MAX_BYTES: i64 = 64 * 1024 * 1024;
/// Leaves room for the longest name within the 255 bytes of AMQP.
const MAX_PREFIX: usize = 128;

/// The names, prefix included.
#[derive(Clone, Debug)]
pub struct Topology {
    pub payments: ShortString,
    pub created_key: ShortString,
    pub processing: ShortString,
    pub dead_exchange: ShortString,
    pub dead_key: ShortString,
    pub dead_queue: ShortString,
    pub events: ShortString,
}

impl Topology {
    pub fn new(prefix: &str) -> Result<Self, RabbitConfigError> {
        if prefix.len() > MAX_PREFIX || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RabbitConfigError::Prefix(MAX_PREFIX));
        }
        let name = |name: &str| {
            ShortString::try_new(format!("{prefix}{name}"))
                .map_err(|_| RabbitConfigError::Prefix(MAX_PREFIX))
        };
        Ok(Self {
            payments: name("payments")?,
            created_key: "payment.created".into(),
            processing: name("payment_processing")?,
            dead_exchange: name("payments.dead")?,
            dead_key: "payment.dead".into(),
            dead_queue: name("payment_processing.dead")?,
            events: name("payments.events")?,
        })
    }

    /// Makes what is not there yet.
    pub async fn declare(&self, connection: &Connection) -> lapin::Result<()> {
        let channel = connection.create_channel().await?;
        for (exchange, kind) in [
            (&self.payments, ExchangeKind::Direct),
            (&self.dead_exchange, ExchangeKind::Direct),
            (&self.events, ExchangeKind::Fanout),
        ] {
            let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
            channel
                .exchange_declare(exchange.clone(), kind, options, FieldTable::default())
                .await?;
        }
        // The dead-letter queue first, so that the other never has letters without an address.
        quorum_queue(&channel, &self.dead_queue, &FieldTable::default()).await?;
        bind(&channel, &self.dead_queue, &self.dead_exchange, &self.dead_key).await?;
        quorum_queue(&channel, &self.processing, &self.processing_arguments()).await?;
        bind(&channel, &self.processing, &self.payments, &self.created_key).await?;
        channel.close(200, "declared".into()).await
    }

    /// Dead letters move at least once, not at most once; the broker asks for `reject-publish` with
    /// that, which means nothing here as the queue has no length limit.
    fn processing_arguments(&self) -> FieldTable {
        let mut arguments = FieldTable::default();
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
        arguments.insert("x-dead-letter-exchange".into(), text(&self.dead_exchange));
        arguments.insert("x-dead-letter-routing-key".into(), text(&self.dead_key));
        arguments.insert("x-dead-letter-strategy".into(), long_string("at-least-once"));
        arguments.insert("x-overflow".into(), long_string("reject-publish"));
        arguments
    }

    /// Makes the queue by which one process hears outcomes. It goes with the connection.
    pub async fn declare_events_queue(
        &self,
        channel: &Channel,
        name: &ShortString,
    ) -> lapin::Result<()> {
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(EVENTS_MAX_MESSAGES));
        arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(EVENTS_MAX_BYTES));
        arguments.insert("x-overflow".into(), long_string("drop-head"));
        let options = QueueDeclareOptions::exclusive().auto_delete();
        channel.queue_declare(name.clone(), options, arguments).await?;
        bind(channel, name, &self.events, &ShortString::default()).await
    }
}

async fn quorum_queue(
    channel: &Channel,
    name: &ShortString,
    arguments: &FieldTable,
) -> lapin::Result<()> {
    let mut arguments = arguments.clone();
    arguments.insert("x-queue-type".into(), long_string("quorum"));
    channel.queue_declare(name.clone(), QueueDeclareOptions::durable(), arguments).await?;
    Ok(())
}

async fn bind(
    channel: &Channel,
    queue: &ShortString,
    exchange: &ShortString,
    key: &ShortString,
) -> lapin::Result<()> {
    let (queue, exchange, key) = (queue.clone(), exchange.clone(), key.clone());
    channel
        .queue_bind(queue, exchange, key, QueueBindOptions::default(), FieldTable::default())
        .await
}

fn text(name: &ShortString) -> AMQPValue {
    long_string(name.as_str())
}

fn long_string(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_but_the_keys_takes_the_prefix() {
        let topology = Topology::new("test-7.").unwrap();
        assert_eq!(topology.payments.as_str(), "test-7.payments");
        assert_eq!(topology.dead_queue.as_str(), "test-7.payment_processing.dead");
        assert_eq!(topology.created_key.as_str(), "payment.created");
        assert_eq!(Topology::new("").unwrap().processing.as_str(), "payment_processing");
    }

    #[test]
    fn a_prefix_that_amqp_has_no_room_for_is_refused() {
        for bad in [&"x".repeat(129), "with space", "ümlaut"] {
            assert_eq!(Topology::new(bad).unwrap_err(), RabbitConfigError::Prefix(128), "{bad}");
        }
    }
}
