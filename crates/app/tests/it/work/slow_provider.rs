//! A provider that is slower than the hints come: what is claimed stays bounded, what does not get
//! its turn in time is given back, and in the end everything settles.

use crate::rig::acquirer::Plan;
use crate::rig::{LOCKING, Rig, rest};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::status::Status;
use paygate_ports::Clock;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// How many payments are under a live lease.
fn claimed(rig: &Rig) -> usize {
    rig.rows(&format!("payments WHERE lease_until > {}", rig.clock.now().timestamp_micros()))
}

fn two_at_once() -> WorkerConfig {
    WorkerConfig { batch: 10, acquirer_concurrency: 2, ..WorkerConfig::default() }
}

#[tokio::test]
async fn no_more_is_claimed_than_twice_a_batch_and_no_more_asked_than_there_are_places() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let ids = rig.accept_many(100).await;
    let worker = rig.worker(two_at_once());
    rest().await;
    assert_eq!((claimed(&rig), rig.acquirer.gate.waiting()), (20, 2));
    rig.acquirer.gate.open();
    // Without time passing: the claims are fresh, and the provider fast.
    for _ in 0..10 {
        rest().await;
        assert!(claimed(&rig) <= 20);
    }
    assert!(rig.all(&ids, Status::Success));
    assert_eq!(rig.acquirer.script().peak, 2);
    worker.stop().await;
}

#[tokio::test]
async fn claims_that_come_too_late_are_given_back_uncounted_and_all_settle_in_the_end() {
    let rig = Rig::new().await;
    rig.acquirer.usually(Plan::After(4 * SECOND, Box::new(Plan::Approve)));
    let ids = rig.accept_many(50).await;
    let (worker, sweeper) = (rig.worker(two_at_once()), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(300 * SECOND, |rig| {
        assert!(claimed(rig) <= 20, "{} are claimed", claimed(rig));
        rig.all(&ids, Status::Success)
    })
    .await;
    let claims = rig.faults.named(&LOCKING).concat().len();
    assert!(claims > 2 * ids.len(), "nothing was given back");
    for id in &ids {
        assert_eq!((rig.acquirer.authorizations(*id), rig.payment(*id).attempts), (1, 1));
    }
    assert_eq!(rig.acquirer.script().peak, 2);
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_claim_is_not_used_when_its_lease_may_end_during_the_call() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let ids = rig.accept_many(2).await;
    rig.acquirer.plan(ids[0], [Plan::AtGate(Box::new(Plan::Approve))]);
    let config = WorkerConfig { acquirer_concurrency: 1, ..WorkerConfig::default() };
    let worker = rig.worker(config);
    rest().await;
    // 30 s of lease, and up to 10 s for a call and the question after it.
    rig.pass(20 * SECOND + SECOND / 10).await;
    rig.acquirer.gate.open();
    rest().await;
    assert_eq!(rig.store.status(ids[0]), Status::Success);
    assert_eq!((rig.acquirer.authorizations(ids[1]), rig.payment(ids[1]).attempts), (0, 0));
    let due = rig.due_at(ids[1]).unwrap();
    assert_eq!(due, rig.clock.now());
    worker.stop().await;
}

#[tokio::test]
async fn a_claim_is_used_while_its_lease_covers_the_call() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let ids = rig.accept_many(2).await;
    rig.acquirer.plan(ids[0], [Plan::AtGate(Box::new(Plan::Approve))]);
    let config = WorkerConfig { acquirer_concurrency: 1, ..WorkerConfig::default() };
    let worker = rig.worker(config);
    rest().await;
    rig.pass(20 * SECOND).await;
    rig.acquirer.gate.open();
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    worker.stop().await;
}

#[tokio::test]
async fn slow_payments_do_not_keep_fast_ones_waiting_while_there_are_places() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let slow = rig.accept(100).await;
    rig.acquirer.plan(slow, [Plan::AtGate(Box::new(Plan::Approve))]);
    let worker = rig.worker(two_at_once());
    let fast = rig.accept_many(40).await;
    rest().await;
    assert!(rig.all(&fast, Status::Success));
    assert_eq!(rig.store.status(slow), Status::Processing);
    rig.acquirer.gate.open();
    worker.stop().await;
    assert_eq!(rig.store.status(slow), Status::Success);
}
