//! What the adapter mends by itself: names that somebody deleted.

use crate::support::{Raw, connected, on_the_shared_server};
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use paygate_ports::{HealthCheck, PaymentQueue, QueueError};
use paygate_rabbitmq::RabbitQueue;
use paygate_testkit::queue::helpers::{hint, hints, ids_in, take, until};

/// Publishes until it succeeds, and returns what went before.
async fn publish(queue: &RabbitQueue, hint: &paygate_ports::HintOut) -> Vec<QueueError> {
    let mut errors = Vec::new();
    until("a publish succeeds", async || match queue.publish(vec![hint.clone()]).await {
        Ok(()) => true,
        Err(error) => {
            errors.push(error);
            false
        }
    })
    .await;
    errors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_binding_a_message_is_refused_until_it_is_declared_anew() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let (queue, exchange) = (raw.name("payment_processing"), raw.name("payments"));
        let key = "payment.created".into();
        raw.channel.queue_unbind(queue, exchange, key, Default::default()).await.unwrap();
        // Some messages of a publish, all of which are returned.
        let refused = broker.queue().publish(hints(100)).await;
        assert!(matches!(refused, Err(QueueError::Refused(_))), "{refused:?}");
        let hint = hint();
        publish(&broker.queue(), &hint).await;
        assert_eq!(ids_in(&take(&broker.deliveries(), 1).await), [hint.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_exchange_comes_back() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let options = ExchangeDeleteOptions::default();
        raw.channel.exchange_delete(raw.name("payments"), options).await.unwrap();
        let hint = hint();
        let errors = publish(&broker.queue(), &hint).await;
        assert!(matches!(errors[0], QueueError::Refused(_)), "{errors:?}");
        assert_eq!(ids_in(&take(&broker.deliveries(), 1).await), [hint.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_comes_back_for_publisher_and_consumer() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let consumer = broker.deliveries();
        publish(&broker.queue(), &hint()).await;
        take(&consumer, 1).await;
        let options = QueueDeleteOptions::default();
        raw.channel.queue_delete(raw.name("payment_processing"), options).await.unwrap();
        let hint = hint();
        publish(&broker.queue(), &hint).await;
        assert_eq!(ids_in(&take(&consumer, 1).await), [hint.id]);
        until("it is healthy", async || broker.health().check().await.is_ok()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_is_noticed_by_who_asks_for_its_depth() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let options = QueueDeleteOptions::default();
        raw.channel.queue_delete(raw.name("payment_processing"), options).await.unwrap();
        let asked = broker.queue().depth().await;
        assert!(matches!(asked, Err(QueueError::Unavailable(_))), "{asked:?}");
        until("it answers", async || broker.queue().depth().await == Ok(0)).await;
    })
    .await;
}
