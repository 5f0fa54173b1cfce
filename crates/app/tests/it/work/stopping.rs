//! Stopping: no more is taken, what is in hand is finished, and patience has an end.

use crate::rig::acquirer::Plan;
use crate::rig::{LOCKING, Rig, rest, soon};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::status::Status;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn an_idle_worker_and_an_idle_sweeper_stop_at_once() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    let sweeper = rig.sweeper(SweeperConfig::default());
    rest().await;
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_stopped_finishes_what_is_in_hand_and_takes_no_more() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let in_hand = rig.accept_many(5).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop.cancel();
    let late = rig.accept(100).await;
    rest().await;
    assert!(!worker.task.is_finished());
    rig.acquirer.gate.open();
    soon(worker.task).await.unwrap();
    assert!(rig.all(&in_hand, Status::Success));
    assert_eq!(rig.announced().len(), 5);
    assert_eq!(rig.store.status(late), Status::Pending);
}

#[tokio::test]
async fn a_worker_that_is_stopped_while_it_claims_finishes_the_batch() {
    let rig = Rig::new().await;
    rig.faults.gate_of(&LOCKING).shut();
    let ids = rig.accept_many(5).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop.cancel();
    rest().await;
    assert!(!worker.task.is_finished());
    rig.faults.gate_of(&LOCKING).open();
    soon(worker.task).await.unwrap();
    assert!(rig.all(&ids, Status::Success));
    assert_eq!(rig.queue.inner.unacked(), 0);
}

#[tokio::test]
async fn a_worker_whose_places_are_taken_can_be_stopped() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    rig.accept_many(10).await;
    let worker = rig.worker(WorkerConfig { batch: 1, ..WorkerConfig::default() });
    rest().await;
    worker.stop.cancel();
    rest().await;
    rig.acquirer.gate.open();
    soon(worker.task).await.unwrap();
    assert_eq!((rig.count(Status::Success), rig.count(Status::Pending)), (2, 8));
}

#[tokio::test]
async fn a_worker_that_waits_for_the_store_gives_up_when_it_is_to_abandon() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(3).await;
    rig.faults.go_away();
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop.cancel();
    rig.pass(Duration::from_secs(10)).await;
    assert!(!worker.task.is_finished(), "it gave up too early");
    worker.abandon.cancel();
    soon(worker.task).await.unwrap();
    assert_eq!(rig.queue.inner.unacked(), 3, "nothing was acknowledged");

    rig.faults.come_back();
    drop(worker.deliveries);
    let next = rig.worker(WorkerConfig::default());
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    next.stop().await;
}

#[tokio::test]
async fn a_settlement_that_is_abandoned_is_made_by_the_next_worker() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let ids = rig.accept_many(3).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.faults.go_away();
    rig.acquirer.gate.open();
    rest().await;
    worker.stop.cancel();
    worker.abandon.cancel();
    soon(worker.task).await.unwrap();
    assert!(rig.all(&ids, Status::Processing));

    rig.faults.come_back();
    let (next, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(Duration::from_secs(40), |rig| rig.all(&ids, Status::Success)).await;
    assert!(ids.iter().all(|id| rig.payment(*id).attempts == 2));
    next.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_to_abandon_does_not_wait_for_the_provider() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    rig.accept(100).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop.cancel();
    worker.abandon.cancel();
    rest().await;
    assert!(worker.task.is_finished());
}

/// A worker that is stopped with a message in hand whose dead letter can't be written.
async fn stopped_before_the_dead_letter() -> (Rig, crate::rig::Running) {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().dead_letters_fail.store(true, Ordering::SeqCst);
    rig.queue.inner.push_raw("not json");
    rest().await;
    worker.stop.cancel();
    rest().await;
    assert!(!worker.task.is_finished());
    (rig, worker)
}

#[tokio::test]
async fn a_worker_that_is_stopped_writes_its_dead_letters_first() {
    let (rig, worker) = stopped_before_the_dead_letter().await;
    worker.deliveries().dead_letters_fail.store(false, Ordering::SeqCst);
    rig.pass(Duration::from_secs(1)).await;
    soon(worker.task).await.unwrap();
    assert_eq!((rig.queue.inner.unacked(), rig.queue.inner.dead_letters().len()), (0, 1));
}

#[tokio::test]
async fn a_dead_letter_that_is_abandoned_leaves_its_message_in_the_queue() {
    let (rig, worker) = stopped_before_the_dead_letter().await;
    worker.abandon.cancel();
    rest().await;
    assert!(worker.task.is_finished());
    assert_eq!((rig.queue.inner.unacked(), rig.queue.inner.dead_letters().len()), (1, 0));
}
