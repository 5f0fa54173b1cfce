//! Brokers with names of their own, and a plain client to look behind the adapter.

use futures_util::future::BoxFuture;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use paygate_core::account::AccountNumber;
use paygate_ports::{DeadLetter, IdSource};
use paygate_rabbitmq::{Broker, RabbitConfig};
use paygate_testkit::ManualClock;
use paygate_testkit::build;
use std::sync::Arc;
use std::time::Duration;

/// When it is, for the adapter: 2023-11-14T22:13:20Z.
pub const NOW_S: u64 = 1_700_000_000;

/// Unique ids, as brokers are shared by tests and queues by adapters.
struct UniqueIds;

impl IdSource for UniqueIds {
    fn uuid_v7(&self) -> uuid::Uuid {
        build::payment_id().0
    }

    fn account_number(&self) -> AccountNumber {
        AccountNumber::from_random(self.random())
    }

    fn random(&self) -> u64 {
        self.uuid_v7().as_u64_pair().1
    }
}

/// A configuration with names of its own and little patience.
pub fn config(url: &str) -> RabbitConfig {
    RabbitConfig {
        prefix: format!("test-{}.", build::payment_id()),
        prefetch: 1_000,
        reconnect_min: Duration::from_millis(20),
        reconnect_max: Duration::from_millis(500),
        ..RabbitConfig::new(url)
    }
}

/// Starts an adapter. It may not be connected yet.
pub fn start(config: &RabbitConfig) -> Broker {
    let now = i64::try_from(NOW_S).ok().and_then(|now| chrono::DateTime::from_timestamp(now, 0));
    let clock = Arc::new(ManualClock::new(now.unwrap()));
    Broker::start(config.clone(), clock, Arc::new(UniqueIds)).unwrap()
}

/// Starts an adapter and waits for its connection.
pub async fn connected(config: &RabbitConfig) -> Broker {
    let broker = start(config);
    broker.ready().await.unwrap();
    broker
}

/// A plain client of the same broker.
#[derive(Clone)]
pub struct Raw {
    _connection: Arc<Connection>,
    pub channel: Channel,
    prefix: String,
}

impl Raw {
    pub async fn connect(config: &RabbitConfig) -> Self {
        let connection =
            Connection::connect(&config.url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        Self { _connection: Arc::new(connection), channel, prefix: config.prefix.clone() }
    }

    /// A name as the adapter writes it.
    pub fn name(&self, name: &str) -> ShortString {
        format!("{}{name}", self.prefix).into()
    }

    /// Publishes a message as somebody else would.
    pub async fn publish(&self, body: &[u8]) {
        let (exchange, options) = (self.name("payments"), BasicPublishOptions::default());
        let properties = BasicProperties::default().with_delivery_mode(2);
        let sent = self.channel.basic_publish(
            exchange,
            "payment.created".into(),
            options,
            body,
            properties,
        );
        assert!(sent.await.unwrap().await.unwrap().is_ack());
    }

    /// Takes a message off a queue.
    pub async fn get(&self, queue: &str) -> Option<lapin::message::Delivery> {
        let options = BasicGetOptions { no_ack: true };
        let got = self.channel.basic_get(self.name(queue), options).await.unwrap();
        got.map(|message| message.delivery)
    }

    /// Takes all dead letters off their queue.
    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        let mut letters = Vec::new();
        while let Some(message) = self.get("payment_processing.dead").await {
            let reason = header(&message, "x-reason").unwrap();
            letters.push(DeadLetter { body: message.data, reason });
        }
        letters
    }

    /// Deletes everything of these names.
    pub async fn delete_all(&self) {
        for queue in ["payment_processing", "payment_processing.dead"] {
            let options = QueueDeleteOptions::default();
            self.channel.queue_delete(self.name(queue), options).await.unwrap();
        }
        for exchange in ["payments", "payments.dead", "payments.events"] {
            let options = ExchangeDeleteOptions::default();
            self.channel.exchange_delete(self.name(exchange), options).await.unwrap();
        }
    }
}

/// A header's text.
pub fn header(message: &lapin::message::Delivery, name: &str) -> Option<String> {
    match message.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Runs a test with an adapter's configuration on the shared server, if there is one.
pub async fn on_the_shared_server(test: impl AsyncFnOnce(RabbitConfig)) {
    let Some(url) = paygate_testkit::servers::rabbitmq_url() else { return };
    let config = config(&url);
    let raw = Raw::connect(&config).await;
    let clean_up = move || -> BoxFuture<'static, ()> {
        let raw = raw.clone();
        Box::pin(async move { raw.delete_all().await })
    };
    paygate_testkit::queue::run(Box::new(clean_up), test(config)).await;
}
