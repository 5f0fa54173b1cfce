//! Publishing: the confirm is back-pressure while the broker is well, and nobody's trouble when it
//! is not.

use crate::rig::queue::End;
use crate::rig::{CONFIRM, Rig, rest, soon};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::status::Status;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::PaymentQueue;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A rig whose broker has just failed to confirm in time; that first publish is still under way.
async fn in_trouble() -> Rig {
    let rig = Rig::new().await;
    rig.queue.hold();
    let first = rig.send(rig.charge(100));
    rest().await;
    assert!(!first.is_finished(), "it was answered without the confirm");
    rig.pass(CONFIRM).await;
    soon(first).await.unwrap().unwrap();
    rig
}

#[tokio::test]
async fn an_answer_waits_for_the_confirm() {
    let rig = Rig::new().await;
    rig.queue.hold();
    let request = rig.send(rig.charge(100));
    rest().await;
    rig.pass(CONFIRM - Duration::from_millis(1)).await;
    assert!(!request.is_finished());
    rig.queue.release();
    soon(request).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_next_batch_is_stored_while_the_confirm_is_waited_for() {
    let rig = Rig::new().await;
    rig.queue.hold();
    let requests = [rig.send(rig.charge(100)), rig.send(rig.charge(100))];
    rest().await;
    let third = rig.send(rig.charge(100));
    rest().await;
    assert_eq!(rig.payments(), 3);
    rig.queue.release();
    for request in requests.into_iter().chain([third]) {
        soon(request).await.unwrap().unwrap();
    }
    assert_eq!(rig.queue.depth().await.unwrap(), 3);
}

#[tokio::test]
async fn in_trouble_answers_do_not_wait_and_one_probe_is_under_way() {
    let rig = in_trouble().await;
    for _ in 0..5 {
        soon(rig.accept(100)).await;
    }
    rest().await;
    // The one that was late, and one probe.
    assert_eq!(rig.queue.publishes(), 2);
    assert_eq!(rig.payments(), 6);
}

#[tokio::test]
async fn a_publish_that_fails_is_trouble_too() {
    let rig = Rig::new().await;
    rig.queue.refuses.store(true, Ordering::SeqCst);
    soon(rig.accept(100)).await;
    rig.queue.hold();
    soon(rig.accept(100)).await;
    rest().await;
    assert_eq!(rig.queue.held(), [1], "a probe, and nobody waits for it");
}

#[tokio::test]
async fn a_probe_that_fails_is_followed_by_another() {
    let rig = in_trouble().await;
    rig.queue.refuses.store(true, Ordering::SeqCst);
    rig.queue.release();
    rest().await;
    for publishes in 2..5 {
        soon(rig.accept(100)).await;
        rest().await;
        assert_eq!(rig.queue.publishes(), publishes);
    }
}

#[tokio::test]
async fn after_a_confirm_answers_wait_again() {
    let rig = in_trouble().await;
    soon(rig.accept(100)).await;
    rig.queue.release();
    rest().await;
    rig.queue.hold();
    let request = rig.send(rig.charge(100));
    rest().await;
    assert!(!request.is_finished());
    rig.queue.release();
    soon(request).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_late_failure_lets_no_second_probe_out() {
    let rig = in_trouble().await;
    soon(rig.accept(100)).await;
    rest().await;
    assert_eq!(rig.queue.held(), [0, 1], "the late one and the probe");
    rig.queue.end(0, End::Refused);
    rest().await;
    soon(rig.accept(100)).await;
    rest().await;
    assert_eq!(rig.queue.held(), [1], "the probe alone");
}

#[tokio::test]
async fn a_probe_that_panics_is_followed_by_another() {
    let rig = in_trouble().await;
    soon(rig.accept(100)).await;
    rest().await;
    rig.queue.end(1, End::Panicked);
    rest().await;
    soon(rig.accept(100)).await;
    rest().await;
    assert_eq!(rig.queue.held(), [0, 2]);
}

/// What the queue would not take is accepted, and the sweeper publishes it when it can.
async fn check_left_to_the_sweeper(rig: Rig, fail: impl Fn(&Rig, bool)) {
    fail(&rig, true);
    let ids = soon(rig.accept_many(3)).await;
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass(Duration::from_secs(4)).await;
    assert!(rig.all(&ids, Status::Pending));
    fail(&rig, false);
    rig.pass_until(Duration::from_secs(20), |rig| rig.all(&ids, Status::Success)).await;
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn what_the_queue_refuses_is_published_by_the_sweeper() {
    let refuse = |rig: &Rig, on| rig.queue.refuses.store(on, Ordering::SeqCst);
    check_left_to_the_sweeper(Rig::new().await, refuse).await;
}

#[tokio::test]
async fn what_is_accepted_without_a_broker_is_published_by_the_sweeper() {
    let unplug = |rig: &Rig, away: bool| rig.queue.inner.set_available(!away);
    check_left_to_the_sweeper(Rig::new().await, unplug).await;
}

#[tokio::test]
async fn what_a_full_queue_does_not_hold_is_published_by_the_sweeper() {
    let config = MemoryQueueConfig { max_waiting_ids: 2, ..MemoryQueueConfig::default() };
    let rig = Rig::with(config).await;
    let ids = soon(rig.accept_many(7)).await;
    let (worker, sweeper) = (
        rig.worker(WorkerConfig::default()),
        rig.sweeper(SweeperConfig { batch: 2, ..SweeperConfig::default() }),
    );
    rest().await;
    assert_eq!(rig.count(Status::Success), 2);
    rig.pass_until(Duration::from_secs(20), |rig| rig.all(&ids, Status::Success)).await;
    worker.stop().await;
    sweeper.stop().await;
}
