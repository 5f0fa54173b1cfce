//! Providers that do not answer: asked again with growing waits, then a person's to decide; and
//! what they say late counts once.

use crate::rig::acquirer::Asked::{ForStatus, ToAuthorize};
use crate::rig::acquirer::Plan;
use crate::rig::{LOCKING, Rig, claiming, rest};
use chrono::TimeDelta;
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::payment::Reason;
use paygate_core::provider::ClaimPolicy;
use paygate_core::status::Status;
use paygate_ports::Clock;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_provider_that_never_answers_is_asked_five_times_and_then_a_person() {
    let rig = Rig::new().await;
    rig.acquirer.usually(Plan::NoAnswer);
    let id = rig.accept(100).await;
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(20 * SECOND, |rig| rig.store.status(id) == Status::ManualReview).await;
    let calls = rig.acquirer.calls_since(id, rig.start);
    let expected = [0, 1, 3, 7, 15].map(|second| [(second, ToAuthorize), (second, ForStatus)]);
    assert_eq!(calls, expected.concat());
    assert_eq!(rig.announced(), [(id, Status::ManualReview)]);
    let last = rig.store.steps(id).pop().unwrap();
    assert_eq!(last.reason, Reason::ProviderOutcomeUnknown);
    for _ in 0..40 {
        rig.pass(10 * SECOND).await;
    }
    assert_eq!(rig.acquirer.authorizations(id), 5);
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_provider_that_answers_the_third_time_settles_the_charge() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.acquirer.plan(id, [Plan::NoAnswer, Plan::NoAnswer]);
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(5 * SECOND, |rig| rig.store.status(id) == Status::Success).await;
    assert_eq!((rig.acquirer.authorizations(id), rig.payment(id).attempts), (3, 3));
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn money_that_was_taken_without_an_answer_is_found_by_asking() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.acquirer.plan(id, [Plan::TakenWithoutAnswer]);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.acquirer.calls_since(id, rig.start), [(0, ToAuthorize), (0, ForStatus)]);
    assert_eq!(rig.store.status(id), Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn calls_that_are_used_up_are_followed_by_a_question() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.set_payment(id, "attempts = 5");
    rig.acquirer.plan(id, [Plan::Approve]);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.acquirer.calls_since(id, rig.start), [(0, ForStatus)]);
    assert_eq!(rig.store.status(id), Status::ManualReview);
    worker.stop().await;
}

#[tokio::test]
async fn a_charge_that_was_claimed_too_often_is_not_asked_about() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.set_payment(id, "attempts = 10");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.acquirer.calls_since(id, rig.start), []);
    assert_eq!(rig.store.status(id), Status::ManualReview);
    worker.stop().await;
}

#[tokio::test]
async fn a_charge_that_is_given_up_is_announced() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.set_payment(id, "attempts = 10");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.announced(), [(id, Status::ManualReview)]);
    worker.stop().await;
}

#[tokio::test]
async fn a_clock_that_went_back_delays_no_retry() {
    let rig = Rig::new().await;
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    // One charge is settled while the store's clock is an hour ahead; then it is set right.
    rig.store_clock.set_ahead(TimeDelta::hours(1));
    rig.accept(100).await;
    rest().await;
    rig.store_clock.set_ahead(TimeDelta::zero());
    rig.acquirer.usually(Plan::NoAnswer);
    let id = rig.accept(100).await;
    rest().await;
    assert_eq!(rig.acquirer.authorizations(id), 1);
    rig.acquirer.usually(Plan::Approve);
    rig.pass_until(10 * SECOND, |rig| rig.store.status(id) == Status::Success).await;
    worker.stop().await;
    sweeper.stop().await;
}

/// A charge whose first call hangs until its lease is over and a second attempt has begun, that
/// goes as planned once the gate opens.
async fn overtaken(policy: ClaimPolicy, second: Plan) -> (Rig, paygate_core::id::PaymentId) {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let id = rig.accept(100).await;
    rig.acquirer.plan(id, [Plan::AtGate(Box::new(Plan::Approve)), second]);
    let config = claiming(policy);
    // Both go on by themselves until the test ends.
    let _ = (rig.worker(config), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(40 * SECOND, |rig| rig.acquirer.authorizations(id) == 2).await;
    assert!(rig.clock.now() - rig.start >= TimeDelta::seconds(30));
    (rig, id)
}

#[tokio::test]
async fn an_answer_after_the_lease_is_over_counts_once() {
    let (rig, id) = overtaken(ClaimPolicy::default(), Plan::NoAnswer).await;
    assert_eq!(rig.store.status(id), Status::Processing);
    rig.acquirer.gate.open();
    rest().await;
    assert_eq!(rig.store.status(id), Status::Success);
    for _ in 0..10 {
        rig.pass(SECOND).await;
    }
    assert_eq!(rig.acquirer.authorizations(id), 2);
    assert_eq!(rig.announced(), [(id, Status::Success)]);
}

#[tokio::test]
async fn an_answer_that_comes_when_a_person_was_asked_settles_the_charge() {
    let policy = ClaimPolicy { max_attempts: 2, ..ClaimPolicy::default() };
    let (rig, id) = overtaken(policy, Plan::NoAnswer).await;
    rest().await;
    assert_eq!(rig.store.status(id), Status::ManualReview);
    rig.acquirer.gate.open();
    rest().await;
    assert_eq!(rig.store.status(id), Status::Success);
    assert_eq!(rig.announced(), [(id, Status::ManualReview), (id, Status::Success)]);
}

#[tokio::test]
async fn of_two_attempts_settled_together_the_definitive_answer_counts() {
    let rig = Rig::new().await;
    rig.acquirer.script().mute = true;
    rig.acquirer.gate.shut();
    let id = rig.accept(100).await;
    // The first ends at 40 s, the second, begun when the lease was over, some seconds later.
    let first = Plan::After(40 * SECOND, Box::new(Plan::Approve));
    rig.acquirer.plan(id, [first, Plan::After(15 * SECOND, Box::new(Plan::NoAnswer))]);
    let policy = ClaimPolicy { max_attempts: 2, ..ClaimPolicy::default() };
    let worker = rig.worker(claiming(policy));
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass_until(35 * SECOND, |rig| rig.acquirer.authorizations(id) == 2).await;

    // Meanwhile a settlement of another charge keeps the next ones waiting.
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    rig.accept(100).await;
    rest().await;
    rig.faults.gate_of(&LOCKING).shut();
    rig.acquirer.gate.open();
    for _ in 0..200 {
        rig.pass(SECOND / 10).await;
    }
    assert_eq!(rig.store.status(id), Status::Processing);
    rig.faults.gate_of(&LOCKING).open();
    rest().await;
    assert_eq!(rig.faults.named(&LOCKING).last(), Some(&vec![id]), "not settled together");
    assert_eq!(rig.store.status(id), Status::Success);
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn two_attempts_that_both_succeed_move_the_money_once() {
    let (rig, id) = overtaken(ClaimPolicy::default(), Plan::AtGate(Box::new(Plan::Approve))).await;
    rig.acquirer.gate.open();
    rest().await;
    assert_eq!((rig.store.status(id), rig.merchant_minor()), (Status::Success, 100));
}
