//! A broker that dies and comes back, with a publisher, a consumer and a listener at work.

use crate::support::{config, connected};
use paygate_core::status::Status;
use paygate_ports::{Deliveries, HealthCheck, Outcome, Outcomes, PaymentQueue};
use paygate_test_servers::RabbitMq;
use paygate_testkit::queue::helpers::{hint, hints, ids_in, ids_of, next, tags, take, until};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

/// Has a broker die this way while hints flow, and checks what must survive.
async fn check(die: fn(&mut RabbitMq) -> Result<(), String>) {
    if paygate_testkit::servers::rabbitmq_url().is_none() {
        return;
    }
    let mut server = block_in_place(RabbitMq::start).unwrap();
    let config = config(&server.url());
    let broker = connected(&config).await;
    let consumer = broker.deliveries();
    let outcomes = broker.listen();
    outcomes.ready().await.unwrap();

    // RabbitMQ forgets a quorum queue, messages and all, when it is killed within a second of the
    // queue's first declaration: only then is its registration on disk (Ra's names.dets is saved
    // after 500 ms of rest). This is about messages, so the queue gets its time.
    sleep(Duration::from_secs(3)).await;

    // Held over the death, never acknowledged.
    let held_hints = hints(30);
    broker.queue().publish(held_hints.clone()).await.unwrap();
    let held = take(&consumer, 2).await;
    assert!(held.iter().all(|delivery| !delivery.redelivered));

    let (stop, failures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let publishers: Vec<_> = (0..4)
        .map(|_| {
            let (queue, stop, failures) =
                (broker.queue(), Arc::clone(&stop), Arc::clone(&failures));
            tokio::spawn(async move {
                let mut confirmed = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let hints = hints(25);
                    if queue.publish(hints.clone()).await.is_ok() {
                        confirmed.extend(hints);
                    } else {
                        failures.fetch_add(1, Ordering::SeqCst);
                        sleep(Duration::from_millis(10)).await;
                    }
                }
                confirmed
            })
        })
        .collect();
    sleep(Duration::from_millis(300)).await;
    block_in_place(|| die(&mut server)).unwrap();
    until("publishers fail", async || failures.load(Ordering::SeqCst) > 20).await;
    assert!(broker.health().check().await.is_err());
    let outcome = Outcome { id: hint().id, status: Status::Success };
    assert!(outcomes.announce(&[outcome]).await.is_err());
    block_in_place(|| server.start_again()).unwrap();
    until("it is healthy", async || broker.health().check().await.is_ok()).await;
    sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::SeqCst);
    let mut expected = BTreeSet::new();
    for publisher in publishers {
        let confirmed = publisher.await.unwrap();
        assert!(!confirmed.is_empty());
        expected.extend(ids_of(&confirmed));
    }

    // Tags from before are stale now.
    consumer.ack(&tags(&held)).await.unwrap();
    let mut again: BTreeSet<_> = ids_of(&held_hints).into_iter().collect();
    while !(expected.is_empty() && again.is_empty()) {
        let batch = next(&consumer, 500).await;
        for delivery in &batch {
            for id in ids_in(std::slice::from_ref(delivery)) {
                expected.remove(&id);
                if again.remove(&id) {
                    assert!(delivery.redelivered);
                }
            }
        }
        consumer.ack(&tags(&batch)).await.unwrap();
    }

    let told = outcomes.wait_for(outcome.id);
    outcomes.announce(&[outcome]).await.unwrap();
    timeout(Duration::from_secs(10), told).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_broker_loses_nothing_it_confirmed_and_everything_goes_on() {
    check(RabbitMq::stop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_loses_nothing_it_confirmed_and_everything_goes_on() {
    check(RabbitMq::kill).await;
}
