//! A durable queue, as a client sees it.

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use paygate_test_servers::RabbitMq;

const NAME: &str = "kept";

/// A connection to a broker that has this queue.
pub struct Queue {
    _connection: Connection,
    channel: Channel,
}

impl Queue {
    pub async fn of(broker: &RabbitMq) -> Self {
        let connection =
            Connection::connect(&broker.url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        channel.queue_declare(NAME.into(), options, arguments).await.unwrap();
        Self { _connection: connection, channel }
    }

    /// Publishes a message; the broker has confirmed it when this returns.
    pub async fn publish(&self, text: &str) {
        let (options, properties) =
            (BasicPublishOptions::default(), BasicProperties::default().with_delivery_mode(2));
        let sent = self.channel.basic_publish(
            "".into(),
            NAME.into(),
            options,
            text.as_bytes(),
            properties,
        );
        assert!(sent.await.unwrap().await.unwrap().is_ack());
    }

    /// Takes every message.
    pub async fn take_all(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(got) = self.channel.basic_get(NAME.into(), options).await.unwrap() {
            texts.push(String::from_utf8(got.delivery.data).unwrap());
        }
        texts
    }
}
