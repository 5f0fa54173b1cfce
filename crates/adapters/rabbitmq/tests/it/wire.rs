//! What others see: messages as documented, redeliveries as the broker counts them.

use crate::support::{NOW_S, Raw, connected, header, on_the_shared_server};
use lapin::options::{BasicGetOptions, BasicNackOptions};
use paygate_ports::{DeadLetter, Deliveries, HintOut, Outcomes, PaymentQueue, TraceContext};
use paygate_testkit::queue::helpers::{hint, hints, ids_in, next, take, until};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_looks_as_documented() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let context = |request: &str, trace: &str| TraceContext {
            request_id: Some(request.to_owned()),
            traceparent: Some(trace.to_owned()),
        };
        let hints = [
            HintOut { context: context("a,1", "00-1-1-01"), ..hint() },
            HintOut { context: context("b", "00-2-2-01"), ..hint() },
            HintOut { context: context("a,1", "00-3-3-01"), ..hint() },
        ];
        broker.queue().publish(hints.to_vec()).await.unwrap();
        let message = raw.get("payment_processing").await.unwrap();
        let [a, b, c] = hints.map(|hint| hint.id);
        let body = format!(r#"{{"payment_ids":["{a}","{b}","{c}"]}}"#);
        assert_eq!(String::from_utf8_lossy(&message.data), body);
        assert_eq!(message.exchange, raw.name("payments"));
        assert_eq!(message.routing_key.as_str(), "payment.created");
        assert_eq!(header(&message, "x-request-id").unwrap(), "a,1,b");
        assert_eq!(header(&message, "traceparent").unwrap(), "00-1-1-01");
        let properties = &message.properties;
        assert_eq!(*properties.delivery_mode(), Some(2));
        assert_eq!(*properties.timestamp(), Some(NOW_S));
        assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/json");
        assert_eq!(properties.correlation_id().as_ref().unwrap().as_str(), "a,1");
        let message_id = properties.message_id().as_ref().unwrap();
        assert_eq!(uuid::Uuid::parse_str(message_id.as_str()).unwrap().get_version_num(), 7);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_persistent_and_its_reason_is_bounded() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let letter = DeadLetter { body: b"hello".to_vec(), reason: "é".repeat(10_000) };
        broker.deliveries().dead_letter(letter).await.unwrap();
        let message = raw.get("payment_processing.dead").await.unwrap();
        assert_eq!(message.data, b"hello");
        assert_eq!(*message.properties.delivery_mode(), Some(2));
        assert_eq!(header(&message, "x-reason").unwrap(), "é".repeat(512));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_looks_as_documented() {
    on_the_shared_server(async |config| {
        use lapin::options::{QueueBindOptions, QueueDeclareOptions};
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let (name, exchange) = (raw.name("spy"), raw.name("payments.events"));
        let options = QueueDeclareOptions::exclusive();
        raw.channel.queue_declare(name.clone(), options, Default::default()).await.unwrap();
        let (bind, key) = (QueueBindOptions::default(), "".into());
        raw.channel.queue_bind(name, exchange, key, bind, Default::default()).await.unwrap();
        let id = hint().id;
        let outcome = paygate_ports::Outcome { id, status: paygate_core::status::Status::Failed };
        broker.announce_only().announce(&[outcome]).await.unwrap();
        let mut message = None;
        until("the event arrives", async || {
            message = raw.get("spy").await;
            message.is_some()
        })
        .await;
        let message = message.unwrap();
        let body = format!(r#"{{"outcomes":[{{"id":"{id}","status":"FAILED"}}]}}"#);
        assert_eq!(String::from_utf8_lossy(&message.data), body);
        assert_eq!(*message.properties.delivery_mode(), Some(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_somebody_gave_back_is_a_redelivery() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        broker.queue().publish(hints(1)).await.unwrap();
        give_back(&raw).await;
        assert!(take(&broker.deliveries(), 1).await[0].redelivered);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_back_for_ever_ends_in_the_dead_letter_queue() {
    on_the_shared_server(async |config| {
        let (broker, raw) = (connected(&config).await, Raw::connect(&config).await);
        let hint = hint();
        broker.queue().publish(vec![hint.clone()]).await.unwrap();
        let mut times = 0;
        while give_back(&raw).await {
            times += 1;
        }
        // 3.10 counts what came back, 4 may count deliveries.
        assert!((49..=51).contains(&times), "it came back {times} times");
        let mut message = None;
        until("the letter arrives", async || {
            message = raw.get("payment_processing.dead").await;
            message.is_some()
        })
        .await;
        assert!(String::from_utf8_lossy(&message.unwrap().data).contains(&hint.id.to_string()));
    })
    .await;
}

/// Takes a message and gives it back; `false` if there is none any more.
async fn give_back(raw: &Raw) -> bool {
    let queue = raw.name("payment_processing");
    for _ in 0..20 {
        let got = raw.channel.basic_get(queue.clone(), BasicGetOptions::default()).await.unwrap();
        if let Some(message) = got {
            let options = BasicNackOptions { requeue: true, ..Default::default() };
            message.delivery.acker.nack(options).await.unwrap();
            return true;
        }
        // A message given back may take a moment to be there again.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_is_closed_gives_back_at_once_and_ends() {
    on_the_shared_server(async |config| {
        let broker = connected(&config).await;
        let hints = hints(1);
        broker.queue().publish(hints.clone()).await.unwrap();
        let consumer = std::sync::Arc::new(broker.deliveries());
        let held = take(&*consumer, 1).await;
        let waiting = std::sync::Arc::clone(&consumer);
        let waiting = tokio::spawn(async move { waiting.next(1).await });
        consumer.close().await;
        let ended = timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
        assert!(ended.is_err());
        assert!(consumer.next(1).await.is_err());
        let other = broker.deliveries();
        let again = next(&other, 1).await;
        assert_eq!(ids_in(&again), ids_in(&held));
        // Closing twice, and acknowledging after it, do no harm.
        consumer.close().await;
        consumer.ack(&[held[0].tag]).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_holds_no_more_than_its_prefetch() {
    on_the_shared_server(async |config| {
        let broker = connected(&paygate_rabbitmq::RabbitConfig { prefetch: 3, ..config }).await;
        let queue = broker.queue();
        for hint in hints(10) {
            queue.publish(vec![hint]).await.unwrap();
        }
        let consumer = broker.deliveries();
        let held = take(&consumer, 3).await;
        until("the rest waits", async || queue.depth().await == Ok(7)).await;
        let more = timeout(Duration::from_millis(200), consumer.next(1)).await;
        assert!(more.is_err(), "{more:?}");
        consumer.ack(&[held[1].tag]).await.unwrap();
        assert_eq!(next(&consumer, 1).await.len(), 1);
    })
    .await;
}
