//! The sweeper: finds what was forgotten, publishes it with growing pauses, and keeps out of the
//! way while the workers have enough to do.

use crate::rig::{Rig, currency, house, money};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_ports::{Clock, IdSource, PaymentQueue, PaymentStore};
use paygate_testkit::build::{Having, new_payment};
use std::sync::atomic::Ordering;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Accepts so many payments whose hints are lost.
async fn forgotten(rig: &Rig, count: usize) -> Vec<PaymentId> {
    rig.queue.inner.set_available(false);
    let ids = rig.accept_many(count).await;
    rig.queue.inner.set_available(true);
    ids
}

/// When the sweeper published that payment, in seconds since the start, while so many passed.
async fn published_at(rig: &Rig, id: PaymentId, seconds: u32) -> Vec<i64> {
    let mut seen = rig.queue.publishes();
    let mut times = Vec::new();
    for _ in 0..seconds * 2 {
        rig.pass(SECOND / 2).await;
        let fresh = rig.queue.publishes();
        if fresh > seen && rig.queue.published_ids().last() == Some(&id) {
            times.push((rig.clock.now() - rig.start).num_seconds());
        }
        seen = fresh;
    }
    times
}

#[tokio::test]
async fn what_was_forgotten_is_published_when_it_is_five_seconds_old() {
    let rig = Rig::new().await;
    let ids = forgotten(&rig, 3).await;
    let before = rig.queue.publishes();
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(5 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(rig.queue.publishes(), before, "not older than five seconds yet");
    rig.pass(SECOND / 2).await;
    assert_eq!(rig.queue.published_ids()[3..], ids);
    sweeper.stop().await;
}

#[tokio::test]
async fn what_nobody_processes_is_published_again_with_growing_pauses() {
    let rig = Rig::new().await;
    let [id] = forgotten(&rig, 1).await[..] else { panic!() };
    let sweeper = rig.sweeper(SweeperConfig::default());
    let times = published_at(&rig, id, 100).await;
    assert_eq!(times, [5, 10, 20, 40, 80]);
    sweeper.stop().await;
}

#[tokio::test]
async fn what_is_settled_is_never_published() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    rig.accept_many(3).await;
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(SECOND).await;
    let publishes = rig.queue.publishes();
    for _ in 0..100 {
        rig.pass(SECOND).await;
    }
    assert_eq!(rig.queue.publishes(), publishes);
    assert!((rig.rows("due") == 0));
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn while_the_queue_is_deep_nothing_is_added_to_it() {
    let rig = Rig::new().await;
    let ids = forgotten(&rig, 25).await;
    let before = rig.queue.publishes();
    // A message holds one id here; more than a batch of them waits.
    rig.accept_many(11).await;
    let publishes = rig.queue.publishes();
    let sweeper = rig.sweeper(SweeperConfig { batch: 10, ..SweeperConfig::default() });
    for _ in 0..20 {
        rig.pass(SECOND).await;
    }
    assert_eq!((before, publishes, rig.queue.publishes()), (1, 2, 2));
    let worker = rig.worker(WorkerConfig::default());
    rig.pass_until(20 * SECOND, |rig| rig.all(&ids, Status::Success)).await;
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn it_publishes_batch_after_batch_until_the_queue_is_deep() {
    let rig = Rig::new().await;
    forgotten(&rig, 45).await;
    let sweeper = rig.sweeper(SweeperConfig { batch: 10, ..SweeperConfig::default() });
    rig.pass(5 * SECOND + SECOND / 2).await;
    // Ten are a batch and not more than one: the second batch goes out, the third does not.
    assert_eq!(rig.queue.depth().await.unwrap(), 20);
    sweeper.stop().await;
}

#[tokio::test]
async fn while_the_broker_is_away_nothing_is_taken_and_no_pause_grows() {
    let rig = Rig::new().await;
    let [id] = forgotten(&rig, 1).await[..] else { panic!() };
    rig.queue.inner.set_available(false);
    let sweeper = rig.sweeper(SweeperConfig::default());
    for _ in 0..100 {
        rig.pass(SECOND).await;
    }
    assert_eq!(rig.rows("due WHERE republished = 0"), 1);
    assert!(rig.due_at(id).is_some());
    rig.queue.inner.set_available(true);
    rig.pass(SECOND).await;
    assert_eq!(rig.queue.depth().await.unwrap(), 1);
    sweeper.stop().await;
}

#[tokio::test]
async fn a_publish_that_is_refused_is_tried_again() {
    let rig = Rig::new().await;
    let [id] = forgotten(&rig, 1).await[..] else { panic!() };
    rig.queue.refuses.store(true, Ordering::SeqCst);
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(6 * SECOND).await;
    rig.queue.refuses.store(false, Ordering::SeqCst);
    assert_eq!(published_at(&rig, id, 6).await, [11]);
    sweeper.stop().await;
}

#[tokio::test]
async fn a_store_that_is_away_is_looked_at_again() {
    let rig = Rig::new().await;
    let ids = forgotten(&rig, 1).await;
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass(SECOND).await;
    rig.faults.go_away();
    for _ in 0..20 {
        rig.pass(SECOND).await;
    }
    rig.faults.come_back();
    rig.pass_until(SECOND, |rig| rig.all(&ids, Status::Success)).await;
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn what_is_committed_late_is_found_though_younger_ones_were_before_it() {
    let rig = Rig::new().await;
    let late = PaymentId(rig.ids.uuid_v7());
    let [other] = forgotten(&rig, 1).await[..] else { panic!() };
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(10 * SECOND).await;
    assert!(late < other && rig.due_at(other).is_some());
    let accounts = rig.standing.charge(&house(), currency("USD"));
    let (acquirer, merchant) = accounts.unwrap();
    let charge = new_payment(acquirer, merchant, money("1.00 USD")).with_id(late);
    rig.store.inner().accept(vec![charge]).await.unwrap();
    rig.pass(6 * SECOND).await;
    assert!(rig.due_at(late).is_some());
    sweeper.stop().await;
}

#[tokio::test]
async fn what_is_due_does_not_wait_for_all_that_was_accepted_to_be_looked_at() {
    let rig = Rig::new().await;
    let [retry] = forgotten(&rig, 1).await[..] else { panic!() };
    rig.run("DELETE FROM watches");
    rig.run("INSERT INTO due (payment_id, republish_at) SELECT id, 0 FROM payments");
    let mut many = Vec::new();
    for _ in 0..30 {
        many.extend(forgotten(&rig, 1).await);
    }
    rig.clock.advance(10 * SECOND);
    let (before, seen) = (rig.queue.publishes(), rig.queue.published_ids().len());
    let sweeper = rig.sweeper(SweeperConfig { watches: 10, ..SweeperConfig::default() });
    rig.pass(SECOND).await;
    assert_eq!(rig.queue.publishes() - before, 3, "after each bounded step");
    let published = &rig.queue.published_ids()[seen..];
    assert_eq!(published.first(), Some(&retry));
    assert!(many.iter().all(|id| published.contains(id)));
    sweeper.stop().await;
}
