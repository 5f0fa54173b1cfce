//! Waiting for an outcome: woken by the announcement, by time if that is lost, and never longer
//! than asked.

use crate::rig::{Rig, WE, claiming, keyed, rest, soon};
use paygate_app::{Call, CreateCharge, Created, WorkerConfig};
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_testkit::faults::Method;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

const MS: Duration = Duration::from_millis(1);

fn waiting(charge: CreateCharge, ms: u32) -> CreateCharge {
    let call = Call { wait: Some(MS * ms), ..charge.call };
    CreateCharge { call, ..charge }
}

async fn answered(request: JoinHandle<Result<Created, paygate_app::CreateError>>) -> Created {
    soon(request).await.unwrap().unwrap()
}

/// When payments were read, in milliseconds since the start.
fn reads(rig: &Rig) -> Vec<i64> {
    let reads = rig.faults.calls(Method::Payment);
    reads.iter().map(|call| (call.at - rig.start).num_milliseconds()).collect()
}

#[tokio::test]
async fn who_waits_is_woken_by_the_announcement() {
    let rig = Rig::new().await;
    let request = rig.send(waiting(rig.charge(100), 10_000));
    rest().await;
    assert!(!request.is_finished());
    let worker = rig.worker(WorkerConfig::default());
    let created = answered(request).await;
    assert_eq!(created.record.payment.status, Status::Success);
    assert_eq!(reads(&rig), [0]);
    worker.stop().await;
}

#[tokio::test]
async fn a_lost_announcement_costs_time_and_not_the_answer() {
    let rig = Rig::new().await;
    rig.outcomes.lost.store(true, Ordering::SeqCst);
    let request = rig.send(waiting(rig.charge(100), 10_000));
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.count(Status::Success), 1);
    rig.pass(249 * MS).await;
    assert!(!request.is_finished());
    rig.pass(MS).await;
    assert_eq!(answered(request).await.record.payment.status, Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn the_row_is_read_after_a_quarter_second_each_second_and_at_the_deadline() {
    let rig = Rig::new().await;
    let request = rig.send(waiting(rig.charge(100), 3_000));
    rest().await;
    for _ in 0..300 {
        rig.pass(10 * MS).await;
    }
    let created = answered(request).await;
    assert_eq!(created.record.payment.status, Status::Pending);
    assert_eq!(reads(&rig), [250, 1_250, 2_250, 3_000]);
}

#[tokio::test]
async fn a_wait_that_runs_out_answers_the_payment_as_it_is() {
    let rig = Rig::new().await;
    for ms in [0, 100, 250] {
        let request = rig.send(waiting(rig.charge(100), ms));
        rest().await;
        rig.pass(ms * MS).await;
        let created = answered(request).await;
        assert_eq!(created.record.payment.status, Status::Pending, "{ms}");
        assert_eq!(rig.store.status(created.record.payment.id), Status::Pending);
    }
}

#[tokio::test]
async fn a_payment_in_review_ends_the_wait() {
    let rig = Rig::new().await;
    rig.acquirer.usually(crate::rig::acquirer::Plan::NoAnswer);
    let policy = paygate_core::provider::ClaimPolicy { max_attempts: 1, ..Default::default() };
    let worker = rig.worker(claiming(policy));
    let created = answered(rig.send(waiting(rig.charge(100), 10_000))).await;
    assert_eq!(created.record.payment.status, Status::ManualReview);
    worker.stop().await;
}

#[tokio::test]
async fn a_store_that_goes_away_meanwhile_takes_nothing_back_that_was_accepted() {
    let rig = Rig::new().await;
    let request = rig.send(waiting(rig.charge(100), 10_000));
    rest().await;
    rig.faults.go_away();
    rig.pass(250 * MS).await;
    let created = answered(request).await;
    assert_eq!(created.record.payment.status, Status::Pending);
    assert!(rig.read.get(&WE, created.record.payment.id, Some(MS)).await.is_err());
}

#[tokio::test]
async fn a_replayed_request_waits_too() {
    let rig = Rig::new().await;
    let first = rig.charges.create(&WE, keyed(rig.charge(100), "key", 1)).await.unwrap();
    let again = rig.send(waiting(keyed(rig.charge(100), "key", 1), 10_000));
    rest().await;
    assert!(!again.is_finished());
    let worker = rig.worker(WorkerConfig::default());
    let again = answered(again).await;
    assert_eq!(again.record.payment.id, first.record.payment.id);
    assert_eq!((again.record.payment.status, again.replayed), (Status::Success, true));
    worker.stop().await;
}

#[tokio::test]
async fn reading_waits_for_what_is_in_flight_and_for_nothing_else() {
    let rig = Rig::new().await;
    let unknown = PaymentId(Uuid::from_u128(1));
    assert_eq!(soon(rig.read.get(&WE, unknown, Some(MS * 9_000))).await.unwrap(), None);
    let id = rig.accept(100).await;
    let status = |record: Option<paygate_core::payment::PaymentRecord>| {
        record.map(|record| record.payment.status)
    };
    assert_eq!(status(rig.read.get(&WE, id, None).await.unwrap()), Some(Status::Pending));

    let read = rig.read.clone();
    let request = tokio::spawn(async move { read.get(&WE, id, Some(MS * 9_000)).await });
    rest().await;
    assert!(!request.is_finished());
    let worker = rig.worker(WorkerConfig::default());
    let seen = soon(request).await.unwrap().unwrap();
    assert_eq!(status(seen), Some(Status::Success));
    let again = soon(rig.read.get(&WE, id, Some(MS * 9_000))).await.unwrap();
    assert_eq!(status(again), Some(Status::Success));
    let (_, timeline) = rig.read.timeline(&WE, id).await.unwrap().unwrap();
    let steps: Vec<_> = timeline.iter().map(|row| row.to).collect();
    assert_eq!(steps, [Status::Processing, Status::Success]);
    assert_eq!(rig.read.timeline(&WE, unknown).await.unwrap(), None);
    worker.stop().await;
}

#[tokio::test]
async fn who_goes_away_leaves_no_waiter_and_no_sleeper() {
    let rig = Rig::new().await;
    let request = rig.send(waiting(rig.charge(100), 10_000));
    rest().await;
    assert_eq!((rig.clock.sleepers(), rig.outcomes.waiters.len()), (1, 1));
    request.abort();
    rest().await;
    assert_eq!((rig.clock.sleepers(), rig.outcomes.waiters.len()), (0, 0));
}

#[tokio::test]
async fn an_early_announcement_does_not_end_the_wait() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    let read = rig.read.clone();
    let request = tokio::spawn(async move { read.get(&WE, id, Some(MS * 1_000)).await });
    rest().await;
    rig.outcomes.waiters.tell([id]);
    rest().await;
    assert!(!request.is_finished());
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.pass(250 * MS).await;
    let record = soon(request).await.unwrap().unwrap().unwrap();
    assert_eq!(record.payment.status, Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn an_early_announcement_does_not_prolong_the_wait() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    let read = rig.read.clone();
    let request = tokio::spawn(async move { read.get(&WE, id, Some(MS * 1_000)).await });
    rest().await;
    rig.pass(200 * MS).await;
    rig.outcomes.waiters.tell([id]);
    rest().await;
    for _ in 0..8 {
        rig.pass(100 * MS).await;
    }
    assert!(request.is_finished(), "it waits longer than the second it was asked for");
}
