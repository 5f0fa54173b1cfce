//! RabbitMQ through its management API: a look behind Paygate's back, and a hand in its queues.

use crate::client::{Answer, Client};
use crate::stack::Servers;
use paygate_test_servers::RabbitMq;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// Shared by the tests that need the management API and never stop the broker. Its watchdog ends it
/// with this process.
static BROKER: OnceCell<RabbitMq> = OnceCell::const_new();

/// The management API of one broker.
pub struct Management(Client);

/// A message as the API tells it.
#[derive(Debug)]
pub struct Message {
    pub body: String,
    pub properties: Value,
    pub redelivered: bool,
}

impl Message {
    /// The payments it names.
    pub fn ids(&self) -> BTreeSet<Uuid> {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let ids = body["payment_ids"].as_array().unwrap().iter();
        ids.map(|id| id.as_str().unwrap().parse().unwrap()).collect()
    }

    /// A header, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.properties["headers"][name].as_str().unwrap_or_default()
    }
}

impl Management {
    /// Servers with a broker whose management API can be used; `None` where servers are missing.
    pub async fn servers() -> Option<(Servers, Self)> {
        let shared = Servers::shared()?;
        let broker = BROKER
            .get_or_init(async || spawn_blocking(RabbitMq::start).await.unwrap().unwrap())
            .await;
        let servers = Servers { rabbitmq: broker.url(), ..shared };
        Some((servers, Self(Client::new(&broker.management_url()))))
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.0.request(method, path).basic_auth("guest", Some("guest"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = self.0.send(request).await.unwrap();
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer
    }

    /// What the API tells of a thing in the default virtual host: `queues/…`, `exchanges/…`. Counts
    /// in it are some seconds old.
    pub async fn about(&self, kind: &str, name: &str) -> Value {
        self.call(Method::GET, &format!("/api/{kind}/%2f/{name}"), None).await.json()
    }

    /// Takes every message out of a queue.
    pub async fn take(&self, queue: &str) -> Vec<Message> {
        self.messages(queue, "ack_requeue_false").await
    }

    /// Takes every message out of a queue and puts it back, as a consumer does that dies.
    pub async fn take_and_return(&self, queue: &str) -> Vec<Message> {
        self.messages(queue, "ack_requeue_true").await
    }

    async fn messages(&self, queue: &str, ack_mode: &str) -> Vec<Message> {
        let how = json!({"count": 10_000, "ackmode": ack_mode, "encoding": "auto"});
        let path = format!("/api/queues/%2f/{queue}/get");
        let messages = self.call(Method::POST, &path, Some(how)).await.json();
        let message = |message: &Value| Message {
            body: message["payload"].as_str().unwrap().to_owned(),
            properties: message["properties"].clone(),
            redelivered: message["redelivered"].as_bool().unwrap(),
        };
        messages.as_array().unwrap().iter().map(message).collect()
    }

    /// Publishes a persistent message to the queue of hints.
    pub async fn publish(&self, prefix: &str, body: &str) {
        let message = json!({
            "properties": {"delivery_mode": 2}, "routing_key": "payment.created",
            "payload": body, "payload_encoding": "string",
        });
        let path = format!("/api/exchanges/%2f/{prefix}payments/publish");
        let answer = self.call(Method::POST, &path, Some(message)).await;
        assert_eq!(answer.json()["routed"], true, "{answer:?}");
    }
}

/// The body of a hint.
pub fn hint(ids: &[Uuid]) -> String {
    json!({"payment_ids": ids.iter().map(Uuid::to_string).collect::<Vec<_>>()}).to_string()
}
