//! Holds: authorized by the worker, captured or voided at the client's request, expired by time.

use crate::rig::{LOCKING, Rig, Running, WE, claiming, code, decimal, rest, soon};
use chrono::TimeDelta;
use paygate_app::{HoldRequestError, SweeperConfig, WorkerConfig};
use paygate_core::hold::HoldError;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::money::AmountError;
use paygate_core::payment::{PaymentRecord, Reason};
use paygate_core::provider::ClaimPolicy;
use paygate_core::status::Status;
use paygate_core::work::WorkPolicy;
use paygate_ports::{Clock, StoreError};
use paygate_testkit::faults::Method;
use std::time::Duration;
use uuid::Uuid;

struct Held {
    rig: Rig,
    from: AccountId,
    to: AccountId,
    id: PaymentId,
    worker: Running,
}

/// 4,000 of 5,000 are held, for an hour.
async fn held() -> Held {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let id = rig.transferred(rig.hold(from, to, "4000")).await;
    let policy = WorkPolicy { hold_for: TimeDelta::hours(1), ..WorkPolicy::default() };
    let worker = rig.worker(WorkerConfig { policy, ..claiming(ClaimPolicy::default()) });
    rest().await;
    assert_eq!(rig.store.status(id), Status::Authorized);
    check(&rig, from, ("5000.00", "4000.00"));
    Held { rig, from, to, id, worker }
}

fn check(rig: &Rig, account: AccountId, (has, held): (&str, &str)) {
    assert_eq!(rig.has(account), (has.to_owned(), held.to_owned()));
    rig.check();
}

fn refused(result: Result<PaymentRecord, HoldRequestError>) -> HoldError {
    match result {
        Err(HoldRequestError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_held_can_not_be_spent_twice() {
    let Held { rig, from, to, id, worker } = held().await;
    assert_eq!(rig.announced(), [(id, Status::Authorized)]);
    assert_eq!(rig.payment(id).expires_at, Some(rig.clock.now() + TimeDelta::hours(1)));
    let refused = rig.transfers.create(&WE, rig.transfer(from, to, "1000.01")).await;
    assert_eq!(code(&refused.unwrap_err()), "insufficient-funds");
    let rest_of_it = rig.transferred(rig.transfer(from, to, "1000")).await;
    rest().await;
    assert_eq!(rig.store.status(rest_of_it), Status::Success);
    check(&rig, from, ("4000.00", "4000.00"));
    worker.stop().await;
}

#[tokio::test]
async fn funds_that_are_gone_meanwhile_hold_nothing() {
    let Held { rig, from, to, worker, .. } = held().await;
    worker.stop().await;
    let first = rig.transferred(rig.hold(from, to, "1000")).await;
    let second = rig.transferred(rig.hold(from, to, "1000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.store.status(first), Status::Authorized);
    assert_eq!(rig.failure(second), "insufficient-funds");
    check(&rig, from, ("5000.00", "5000.00"));
    worker.stop().await;
}

#[tokio::test]
async fn all_of_it_is_captured_once() {
    let Held { rig, from, to, id, worker } = held().await;
    let captured = rig.holds.capture(&WE, id, None).await.unwrap().payment;
    assert_eq!((captured.status, captured.captured_minor), (Status::Success, Some(400_000)));
    let last = rig.store.steps(id).pop().unwrap();
    assert_eq!((last.actor, last.reason), (Actor::Sandbox, Reason::Captured));
    for amount in [None, Some(decimal("4000")), Some(decimal("4000.00"))] {
        assert_eq!(rig.holds.capture(&WE, id, amount).await.unwrap().payment, captured);
    }
    check(&rig, from, ("1000.00", "0.00"));
    check(&rig, to, ("4000.00", "0.00"));
    let other = refused(rig.holds.capture(&WE, id, Some(decimal("3999"))).await);
    assert_eq!(other, HoldError::NotAuthorized(Status::Success));
    assert_eq!(refused(rig.holds.void(&WE, id).await), HoldError::NotAuthorized(Status::Success));
    worker.stop().await;
}

#[tokio::test]
async fn a_part_is_captured_and_the_rest_given_back() {
    let Held { rig, from, to, id, worker } = held().await;
    let captured = rig.holds.capture(&WE, id, Some(decimal("1500.50"))).await.unwrap().payment;
    assert_eq!((captured.status, captured.captured_minor), (Status::Success, Some(150_050)));
    assert_eq!(
        rig.holds.capture(&WE, id, Some(decimal("1500.5"))).await.unwrap().payment,
        captured
    );
    check(&rig, from, ("3499.50", "0.00"));
    check(&rig, to, ("1500.50", "0.00"));
    let more = refused(rig.holds.capture(&WE, id, Some(decimal("4000"))).await);
    assert_eq!(more, HoldError::NotAuthorized(Status::Success));
    worker.stop().await;
}

#[tokio::test]
async fn no_more_is_captured_than_is_held() {
    let Held { rig, from, to, id, worker } = held().await;
    let more = refused(rig.holds.capture(&WE, id, Some(decimal("4000.01"))).await);
    assert_eq!(more, HoldError::ExceedsAuthorization);
    let error = rig.holds.capture(&WE, id, Some(decimal("1.001"))).await.unwrap_err();
    assert_eq!(error, HoldRequestError::Amount(AmountError::TooManyDecimals { allowed: 2 }));
    assert_eq!(rig.store.status(id), Status::Authorized);
    check(&rig, from, ("5000.00", "4000.00"));
    check(&rig, to, ("0.00", "0.00"));
    worker.stop().await;
}

#[tokio::test]
async fn of_captures_that_come_together_one_counts() {
    let Held { rig, from, to, id, worker } = held().await;
    rig.faults.gate_of(&LOCKING).shut();
    let capture = |amount: &'static str| {
        let holds = rig.holds.clone();
        tokio::spawn(async move { holds.capture(&WE, id, Some(decimal(amount))).await })
    };
    let both = [capture("1000"), capture("2000")];
    rest().await;
    rig.faults.gate_of(&LOCKING).open();
    let [first, second] = both.map(soon);
    let answers = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1, "{answers:?}");
    let [from, to] = [from, to].map(|it| rig.account(it).posted_minor);
    assert!([(400_000, 100_000), (300_000, 200_000)].contains(&(from, to)));
    worker.stop().await;
}

#[tokio::test]
async fn who_decides_at_the_same_time_shares_a_transaction_and_not_its_answer() {
    let Held { rig, from, to, id, worker } = held().await;
    let payer = rig.wallet("5000.00 IDR").await;
    let second = rig.transferred(rig.hold(payer, to, "3000")).await;
    let third = rig.transferred(rig.hold(payer, to, "2000")).await;
    rest().await;
    worker.stop().await;
    let gate = rig.faults.gate(Method::Transact);
    gate.shut();
    rig.faults.forget_calls();
    let capture = |id, amount: &'static str| {
        let holds = rig.holds.clone();
        tokio::spawn(async move { holds.capture(&WE, id, Some(decimal(amount))).await })
    };
    let first = capture(id, "4000");
    rest().await;
    let rest_of_them = [capture(second, "2500"), capture(third, "2001"), capture(second, "3000")];
    rest().await;
    gate.open();
    let captured = |it: Result<PaymentRecord, _>| it.map(|it| it.payment.captured_minor);
    assert_eq!(captured(soon(first).await.unwrap()), Ok(Some(400_000)));
    let [part, too_much, again] = rest_of_them.map(soon);
    assert_eq!(captured(part.await.unwrap()), Ok(Some(250_000)));
    assert_eq!(refused(too_much.await.unwrap()), HoldError::ExceedsAuthorization);
    assert_eq!(refused(again.await.unwrap()), HoldError::NotAuthorized(Status::Success));
    let transactions = rig.faults.named(&[Method::Transact]);
    assert_eq!(transactions, [vec![id], vec![second, third], vec![second]]);
    check(&rig, from, ("1000.00", "0.00"));
    check(&rig, payer, ("2500.00", "2000.00"));
    check(&rig, to, ("6500.00", "0.00"));
}

#[tokio::test]
async fn what_the_store_fails_at_is_nobody_elses_failure() {
    let Held { rig, from, to, id, worker } = held().await;
    let second = rig.transferred(rig.hold(from, to, "1000")).await;
    rest().await;
    worker.stop().await;
    let gate = rig.faults.gate(Method::Transact);
    gate.shut();
    let refused = StoreError::Refused("as the test wants it".to_owned());
    rig.faults.on(Method::Transact).naming(second).always().fails_before_with(refused.clone());
    let capture = |id| {
        let holds = rig.holds.clone();
        tokio::spawn(async move { holds.capture(&WE, id, None).await })
    };
    let first = capture(second);
    rest().await;
    let both = [capture(id), capture(second)];
    rest().await;
    gate.open();
    let failed = Err(HoldRequestError::Store(refused));
    assert_eq!(soon(first).await.unwrap(), failed);
    let [good, bad] = both.map(soon);
    assert_eq!(good.await.unwrap().unwrap().payment.status, Status::Success);
    assert_eq!(bad.await.unwrap(), failed);
    rig.faults.lift();
    assert!(rig.holds.capture(&WE, second, None).await.is_ok());
    check(&rig, to, ("5000.00", "0.00"));
}

#[tokio::test]
async fn what_is_captured_in_another_currency_is_its_share() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 EUR").await, rig.empty_wallet("SGD").await);
    let id = rig.transferred(rig.hold(from, to, "10")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    // The rate is that of the acceptance: 14.56 for 10.00, and so 4.85333 for 3.3333….
    rig.rates.set("USD/IDR=1");
    rig.holds.capture(&WE, id, Some(decimal("3.33"))).await.unwrap();
    check(&rig, from, ("46.67", "0.00"));
    check(&rig, to, ("4.84", "0.00"));
    worker.stop().await;
}

#[tokio::test]
async fn a_void_gives_it_back_once() {
    let Held { rig, from, id, worker, .. } = held().await;
    let voided = rig.holds.void(&WE, id).await.unwrap().payment;
    assert_eq!(voided.status, Status::Voided);
    assert_eq!(rig.holds.void(&WE, id).await.unwrap().payment, voided);
    check(&rig, from, ("5000.00", "0.00"));
    let late = refused(rig.holds.capture(&WE, id, None).await);
    assert_eq!(late, HoldError::NotAuthorized(Status::Voided));
    worker.stop().await;
}

#[tokio::test]
async fn it_expires_by_time_through_sweeper_and_worker() {
    let Held { rig, from, id, worker, .. } = held().await;
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(Duration::from_secs(3_599)).await;
    rig.pass(Duration::from_millis(999)).await;
    assert_eq!(rig.store.status(id), Status::Authorized);
    let publishes = rig.queue.publishes();
    let expired = |rig: &Rig| rig.store.status(id) == Status::Expired;
    rig.pass_until(Duration::from_secs(2), expired).await;
    assert_eq!(rig.queue.publishes(), publishes + 1);
    check(&rig, from, ("5000.00", "0.00"));
    let announced = [(id, Status::Authorized), (id, Status::Expired)];
    assert_eq!(rig.announced(), announced);
    let late = refused(rig.holds.capture(&WE, id, None).await);
    assert_eq!(late, HoldError::NotAuthorized(Status::Expired));
    rig.pass(Duration::from_secs(600)).await;
    assert!((rig.rows("due") == 0));
    sweeper.stop().await;
    worker.stop().await;
}

#[tokio::test]
async fn one_whose_due_row_was_lost_expires_all_the_same() {
    let Held { rig, id, worker, .. } = held().await;
    rig.run("DELETE FROM due");
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(Duration::from_secs(10)).await;
    let due = rig.due_at(id).unwrap();
    assert_eq!(Some(due), rig.payment(id).expires_at);
    rig.pass(Duration::from_secs(3_591)).await;
    let expired = |rig: &Rig| rig.store.status(id) == Status::Expired;
    rig.pass_until(Duration::from_secs(2), expired).await;
    sweeper.stop().await;
    worker.stop().await;
}

#[tokio::test]
async fn a_capture_after_its_time_expires_it() {
    let Held { rig, from, to, id, worker } = held().await;
    rig.pass(Duration::from_secs(3_600)).await;
    assert_eq!(rig.store.status(id), Status::Authorized, "nobody has looked yet");
    let late = refused(rig.holds.capture(&WE, id, None).await);
    assert_eq!(late, HoldError::NotAuthorized(Status::Expired));
    assert_eq!(rig.store.status(id), Status::Expired);
    check(&rig, from, ("5000.00", "0.00"));
    check(&rig, to, ("0.00", "0.00"));
    let again = refused(rig.holds.void(&WE, id).await);
    assert_eq!(again, HoldError::NotAuthorized(Status::Expired));
    worker.stop().await;
}

#[tokio::test]
async fn only_what_is_authorized_can_be_captured_or_voided() {
    let Held { rig, from, to, worker, .. } = held().await;
    let unknown = PaymentId(Uuid::from_u128(1));
    let answers = [rig.holds.capture(&WE, unknown, None).await, rig.holds.void(&WE, unknown).await];
    assert!(answers.iter().all(|it| *it == Err(HoldRequestError::PaymentNotFound)));
    let plain = rig.transferred(rig.transfer(from, to, "1000")).await;
    rest().await;
    worker.stop().await;
    for (id, status) in [(plain, Status::Success), (rig.accept(100).await, Status::Pending)] {
        let why = HoldError::NotAuthorized(status);
        assert_eq!(refused(rig.holds.capture(&WE, id, None).await), why);
        assert_eq!(refused(rig.holds.void(&WE, id).await), why);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_by_repeating() {
    let Held { rig, from, id, worker, .. } = held().await;
    // Once more is tried by itself.
    rig.faults.on_any(&LOCKING).times(2).fails_after_commit();
    let lost = rig.holds.capture(&WE, id, Some(decimal("1000"))).await.unwrap_err();
    assert!(matches!(lost, HoldRequestError::Store(StoreError::Unavailable(_))), "{lost:?}");
    let found = rig.holds.capture(&WE, id, Some(decimal("1000"))).await.unwrap().payment;
    assert_eq!(found.captured_minor, Some(100_000));
    check(&rig, from, ("4000.00", "0.00"));
    worker.stop().await;
}
