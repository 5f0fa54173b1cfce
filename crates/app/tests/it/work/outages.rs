//! The store goes away at every step: the worker waits with what it holds, acknowledges nothing,
//! and goes on where it was.

use crate::rig::acquirer::Plan;
use crate::rig::{LOCKING, Rig, rest};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::status::Status;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_store_that_is_away_before_the_claim_is_waited_for() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(3).await;
    rig.faults.go_away();
    let worker = rig.worker(WorkerConfig::default());
    for _ in 0..10 {
        rig.pass(SECOND).await;
        assert_eq!(rig.queue.inner.unacked(), 3);
    }
    rig.faults.come_back();
    rig.pass(Duration::from_secs(5)).await;
    assert!(rig.all(&ids, Status::Success));
    assert_eq!(rig.queue.inner.unacked(), 0);
    worker.stop().await;
}

#[tokio::test]
async fn tries_come_with_growing_pauses_of_at_most_five_seconds() {
    let rig = Rig::new().await;
    rig.accept(100).await;
    rig.faults.go_away();
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let mut tried_at = vec![];
    for tenths in 0..220 {
        while tried_at.len() < rig.faults.named(&LOCKING).len() {
            tried_at.push(tenths);
        }
        rig.pass(SECOND / 10).await;
    }
    assert_eq!(tried_at, [0, 1, 3, 7, 15, 31, 63, 113, 163, 213]);
    worker.stop.cancel();
    worker.abandon.cancel();
}

#[tokio::test]
async fn a_store_that_is_away_before_the_settlement_loses_no_answer() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let ids = rig.accept_many(3).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.faults.go_away();
    rig.acquirer.gate.open();
    for _ in 0..10 {
        rig.pass(SECOND).await;
    }
    assert!(rig.all(&ids, Status::Processing));
    rig.faults.come_back();
    rig.pass(Duration::from_secs(5)).await;
    assert!(rig.all(&ids, Status::Success));
    assert!(ids.iter().all(|id| rig.acquirer.authorizations(*id) == 1));
    worker.stop().await;
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_made_again_when_its_lease_is_over() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.faults.on_any(&LOCKING).fails_after_commit();
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rest().await;
    rig.pass(29 * SECOND).await;
    assert_eq!((rig.store.status(id), rig.acquirer.authorizations(id)), (Status::Processing, 0));
    rig.pass_until(5 * SECOND, |rig| rig.store.status(id) == Status::Success).await;
    assert_eq!((rig.payment(id).attempts, rig.acquirer.authorizations(id)), (2, 1));
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_settlement_whose_answer_was_lost_is_posted_once() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let id = rig.accept(100).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.faults.on_any(&LOCKING).fails_after_commit();
    rig.acquirer.gate.open();
    rest().await;
    rig.pass(SECOND).await;
    assert_eq!(rig.merchant_minor(), 100);
    assert_eq!(rig.store.status(id), Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn a_broker_that_goes_and_comes_back_changes_nothing_that_was_done() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let worker = rig.worker(WorkerConfig::default());
    let ids = rig.accept_many(3).await;
    rest().await;
    rig.queue.inner.set_available(false);
    rig.acquirer.gate.open();
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    rig.queue.inner.set_available(true);
    let later = rig.accept(100).await;
    rest().await;
    assert_eq!(rig.store.status(later), Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn a_claim_made_after_a_long_outage_is_used() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.faults.go_away();
    let worker = rig.worker(WorkerConfig::default());
    for _ in 0..25 {
        rig.pass(SECOND).await;
    }
    rig.faults.come_back();
    rig.pass(5 * SECOND).await;
    assert_eq!((rig.store.status(id), rig.acquirer.authorizations(id)), (Status::Success, 1));
    worker.stop().await;
}

#[tokio::test]
async fn an_announcement_that_hangs_holds_up_no_settlement() {
    let rig = Rig::new().await;
    rig.outcomes.announcing.shut();
    let worker = rig.worker(WorkerConfig::default());
    let first = rig.accept(100).await;
    rest().await;
    let second = rig.accept(100).await;
    rest().await;
    assert!(rig.all(&[first, second], Status::Success));
    worker.stop().await;
}
