//! Behind a network that fails: nothing hangs, nothing is lost, everything comes back.

use crate::proxy::Proxy;
use crate::support::{config, connected, on_the_shared_server, start};
use futures_util::FutureExt;
use futures_util::future::join_all;
use paygate_core::status::Status;
use paygate_ports::{Deliveries, HealthCheck, Outcome, Outcomes, PaymentQueue, QueueError};
use paygate_rabbitmq::RabbitConfig;
use paygate_testkit::queue::helpers::{hint, hints, ids_in, ids_of, tags, take, until};
use std::time::Duration;
use tokio::time::{Instant, timeout};

fn unavailable<T>(result: Result<T, QueueError>) -> bool {
    matches!(result, Err(QueueError::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_not_there_fails_at_once() {
    // Nobody listens on port 1.
    let broker = start(&config("amqp://guest:guest@127.0.0.1:1/%2f"));
    let started = Instant::now();
    assert!(unavailable(broker.queue().publish(hints(1)).await));
    assert!(unavailable(broker.queue().depth().await));
    let outcome = Outcome { id: hint().id, status: Status::Success };
    assert!(unavailable(broker.announce_only().announce(&[outcome]).await));
    assert!(broker.health().check().await.is_err());
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let consumer = broker.deliveries();
    assert!(timeout(Duration::from_millis(200), consumer.next(1)).await.is_err());
    consumer.close().await;
    assert!(unavailable(consumer.next(1).await));
    broker.close().await;
    assert!(unavailable(broker.ready().await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_attempt_ends_with_a_connection_or_with_a_refusal() {
    on_the_shared_server(async |config| {
        let away =
            start(&RabbitConfig { url: "amqp://127.0.0.1:1/%2f".to_owned(), ..config.clone() });
        timeout(Duration::from_secs(1), away.tried()).await.unwrap();
        assert!(unavailable(away.queue().publish(hints(1)).await));

        let proxy = Proxy::start(&config.url).await;
        proxy.freeze(true);
        let broker = start(&RabbitConfig { url: proxy.url(&config.url), ..config });
        let outcomes = broker.listen();
        // It neither answers nor refuses.
        assert!(timeout(Duration::from_millis(200), broker.tried()).await.is_err());
        proxy.freeze(false);
        broker.tried().await;
        broker.queue().publish(hints(1)).await.unwrap();
        broker.health().check().await.unwrap();
        drop(outcomes);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_come_back_with_what_was_not_acknowledged() {
    on_the_shared_server(async |config| {
        let proxy = Proxy::start(&config.url).await;
        let config = RabbitConfig { url: proxy.url(&config.url), ..config };
        let broker = connected(&config).await;
        let (queue, consumer, outcomes) = (broker.queue(), broker.deliveries(), broker.listen());
        outcomes.ready().await.unwrap();
        for _ in 0..3 {
            let hints = hints(3);
            until("a publish succeeds", async || queue.publish(hints.clone()).await.is_ok()).await;
            let held = take(&consumer, 1).await;
            proxy.cut();
            let again = take(&consumer, 1).await;
            assert_eq!(ids_in(&again), ids_of(&hints));
            assert!(again[0].redelivered);
            // Of a connection that is gone: nothing to acknowledge, nothing to fail.
            consumer.ack(&tags(&held)).await.unwrap();
            consumer.ack(&tags(&again)).await.unwrap();
            until("it is healthy", async || broker.health().check().await.is_ok()).await;
            until("an outcome is heard", async || {
                let outcome = Outcome { id: hint().id, status: Status::Success };
                let told = outcomes.wait_for(outcome.id);
                let announced = outcomes.announce(&[outcome]).await.is_ok();
                announced && timeout(Duration::from_millis(200), told).await.is_ok()
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_says_nothing_is_waited_for_no_longer_than_allowed() {
    on_the_shared_server(async |config| {
        let proxy = Proxy::start(&config.url).await;
        let config = RabbitConfig {
            url: proxy.url(&config.url),
            confirm_timeout: Duration::from_millis(300),
            probe_timeout: Duration::from_millis(300),
            ..config
        };
        let broker = connected(&config).await;
        proxy.freeze(true);
        let started = Instant::now();
        assert!(unavailable(broker.queue().publish(hints(50)).await));
        assert!(unavailable(broker.queue().depth().await));
        assert!(broker.health().check().await.is_err());
        // More than there are channels, some of whose callers go away.
        let queue = broker.queue();
        let many = (0..100).map(async |n| {
            let publish = queue.publish(hints(1));
            if n % 2 == 0 {
                assert!(timeout(Duration::from_millis(10), publish).await.is_err());
            } else {
                assert!(unavailable(publish.await));
            }
        });
        join_all(many).await;
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        proxy.freeze(false);
        until("it publishes again", async || queue.publish(hints(1)).await.is_ok()).await;
        until("it is healthy", async || broker.health().check().await.is_ok()).await;
        until("many publish at once", async || {
            let many = (0..100).map(|_| queue.publish(hints(1)));
            join_all(many).await.iter().all(Result::is_ok)
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_blocks_publishers_fails_at_once_and_still_takes_acknowledgements() {
    on_the_shared_server(async |config| {
        let (url, proxy) = (config.url.clone(), Proxy::start(&config.url).await);
        let publishing = connected(&RabbitConfig { url: proxy.url(&url), ..config.clone() }).await;
        let consuming = connected(&config).await;
        let (queue, consumer) = (publishing.queue(), consuming.deliveries());
        queue.publish(hints(1)).await.unwrap();
        let held = take(&consumer, 1).await;
        proxy.block(true);
        until("it is unhealthy", async || publishing.health().check().await.is_err()).await;
        let started = Instant::now();
        for _ in 0..1_000 {
            assert!(unavailable(queue.publish(hints(1)).await));
        }
        assert!(unavailable(queue.depth().await));
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        consumer.ack(&tags(&held)).await.unwrap();
        proxy.block(false);
        until("it publishes again", async || queue.publish(hints(1)).await.is_ok()).await;
        assert_eq!(take(&consumer, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_whose_caller_goes_away_is_seen_through() {
    on_the_shared_server(async |config| {
        let broker = connected(&config).await;
        let queue = broker.queue();
        let consumer = broker.deliveries();
        for _ in 0..200 {
            // Under way at the first poll, dropped at once.
            let dropped = queue.publish(hints(40)).now_or_never();
            assert!(dropped.is_none());
        }
        // What the dropped ones left must not come between a publish and its confirms.
        let mine = hints(40);
        queue.publish(mine.clone()).await.unwrap();
        let mut arrived = Vec::new();
        until("all have arrived", async || {
            let more = take(&consumer, 1).await;
            consumer.ack(&tags(&more)).await.unwrap();
            arrived.extend(ids_in(&more));
            ids_of(&mine).iter().all(|id| arrived.contains(id))
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_connection_works_and_an_unknown_certificate_does_not() {
    on_the_shared_server(async |config| {
        let (proxy, certificate) = Proxy::start_with_tls(&config.url).await;
        let url = proxy.url(&config.url).replace("amqp://", "amqps://");
        // Whatever the system trusts, this authority is not among it.
        let distrusting = start(&RabbitConfig { url: url.clone(), ..config.clone() });
        let trusting = RabbitConfig { url, ca_pem: Some(certificate), ..config };
        let broker = connected(&trusting).await;
        let hints = hints(30);
        broker.queue().publish(hints.clone()).await.unwrap();
        assert_eq!(ids_in(&take(&broker.deliveries(), 2).await), ids_of(&hints));
        let ready = timeout(Duration::from_millis(200), distrusting.ready()).await;
        assert!(ready.is_err(), "{ready:?}");
    })
    .await;
}
