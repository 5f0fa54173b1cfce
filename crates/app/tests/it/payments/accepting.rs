//! Acceptor: stored once, published once, answered in any case.

use crate::rig::acquirer::Plan;
use crate::rig::{ENABLED, Rig, WE, currency, keyed, rest, soon};
use futures_util::future::join_all;
use paygate_app::{CreateError, WorkerConfig};
use paygate_core::money::Money;
use paygate_core::payment::Reason;
use paygate_core::provider::Decline;
use paygate_core::status::Status;
use paygate_ports::{PaymentQueue, StoreError};
use paygate_testkit::faults::Method;
use std::time::Duration;
use tokio::time::Instant;

/// How many payments each call stored.
fn accepted_together(rig: &Rig) -> Vec<usize> {
    rig.faults.named(&[Method::Accept]).iter().map(Vec::len).collect()
}

#[tokio::test]
async fn a_charge_is_accepted_published_claimed_settled_and_announced_once() {
    let rig = Rig::new().await;
    let created = rig.charges.create(&WE, rig.charge(1_050)).await.unwrap();
    let id = created.record.payment.id;
    assert_eq!((created.record.payment.status, created.replayed), (Status::Pending, false));
    assert_eq!(rig.queue.published_ids(), [id]);

    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.store.status(id), Status::Success);
    assert_eq!(rig.announced(), [(id, Status::Success)]);
    assert_eq!(rig.acquirer.authorizations(id), 1);
    assert_eq!(rig.merchant_minor(), 1_050);
    assert_eq!((rig.queue.inner.unacked(), rig.queue.depth().await.unwrap()), (0, 0));
    worker.stop().await;
}

#[tokio::test]
async fn a_declined_charge_fails_with_its_reason_and_moves_nothing() {
    let rig = Rig::new().await;
    let id = rig.accept(1_000).await;
    rig.acquirer.plan(id, [Plan::Decline(Decline::InsufficientFunds)]);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let payment = rig.payment(id);
    assert_eq!(payment.failure.unwrap().code, Reason::PayerInsufficientFunds);
    assert_eq!(rig.announced(), [(id, Status::Failed)]);
    worker.stop().await;
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_the_same_payment() {
    let rig = Rig::new().await;
    let first = rig.charges.create(&WE, keyed(rig.charge(100), "key", 1)).await.unwrap();
    let again = rig.charges.create(&WE, keyed(rig.charge(100), "key", 1)).await.unwrap();
    assert_eq!((again.record, again.replayed), (first.record.clone(), true));
    let other = rig.charges.create(&WE, keyed(rig.charge(200), "key", 2)).await;
    assert_eq!(other.unwrap_err(), CreateError::KeyReused);

    let mut same_name = rig.charge(100);
    same_name.details.reference = first.record.request.reference.clone();
    let existing = first.record.payment.id;
    let taken = rig.charges.create(&WE, same_name).await.unwrap_err();
    assert_eq!(taken, CreateError::ReferenceTaken { existing });
    assert_eq!(rig.queue.published_ids(), [existing]);
}

#[tokio::test]
async fn a_currency_that_is_not_enabled_is_named() {
    let rig = Rig::new().await;
    let mut charge = rig.charge(100);
    charge.amount = Money { minor: 100, currency: currency("JPY") };
    let error = rig.charges.create(&WE, charge).await.unwrap_err();
    assert_eq!(error, CreateError::CurrencyNotEnabled(currency("JPY")));
    assert_eq!(rig.standing.currencies().collect::<Vec<_>>(), ENABLED.map(currency));
}

#[tokio::test]
async fn a_store_that_is_away_is_an_error_and_one_that_blinked_is_not() {
    let rig = Rig::new().await;
    rig.faults.go_away();
    let error = soon(rig.charges.create(&WE, rig.charge(100))).await.unwrap_err();
    assert!(matches!(error, CreateError::Store(StoreError::Unavailable(_))), "{error:?}");
    assert_eq!(rig.queue.publishes(), 0);

    rig.faults.come_back();
    rig.faults.on(Method::Accept).fails_before();
    let id = rig.accept(100).await;
    assert_eq!(rig.queue.published_ids(), [id]);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_one_payment() {
    let rig = Rig::new().await;
    rig.faults.on(Method::Accept).fails_after_commit();
    let id = rig.accept(100).await;
    assert_eq!(rig.payments(), 1);
    assert_eq!(rig.queue.published_ids(), [id]);
}

#[tokio::test]
async fn those_who_wait_are_stored_together_and_a_refused_one_disturbs_nobody() {
    let rig = Rig::new().await;
    rig.refuse_amount(13);
    rig.faults.gate(Method::Accept).shut();
    let first = rig.send(rig.charge(1));
    rest().await;
    let charges = (2..20).map(|minor| rig.send(rig.charge(minor)));
    let rest_of_them: Vec<_> = charges.collect();
    rest().await;
    rig.faults.gate(Method::Accept).open();
    soon(first).await.unwrap().unwrap();
    for (minor, answer) in (2..20).zip(soon(join_all(rest_of_them)).await) {
        let answer = answer.unwrap();
        assert_eq!(answer.is_err(), minor == 13, "{answer:?}");
    }
    assert_eq!(accepted_together(&rig), [1, 18]);
    assert_eq!(rig.queue.published_ids().len(), 18);
}

#[tokio::test]
async fn too_many_at_once_are_refused_at_once_and_the_others_served() {
    let rig = Rig::new().await;
    rig.faults.gate(Method::Accept).shut();
    let first = rig.send(rig.charge(100));
    rest().await;
    let waiting: Vec<_> = (0..4_096).map(|_| rig.send(rig.charge(100))).collect();
    rest().await;
    for _ in 0..3 {
        let refused = soon(rig.charges.create(&WE, rig.charge(100))).await.unwrap_err();
        assert_eq!(refused, CreateError::Overloaded);
    }
    rig.faults.gate(Method::Accept).open();
    soon(first).await.unwrap().unwrap();
    for answer in soon(join_all(waiting)).await {
        answer.unwrap().unwrap();
    }
    assert!(accepted_together(&rig).iter().all(|size| *size <= 500));
    assert_eq!(rig.payments(), 4_097);
    rig.accept(100).await;
}

#[tokio::test]
async fn requests_that_are_dropped_do_not_disturb_their_batch() {
    let rig = Rig::new().await;
    rig.faults.gate(Method::Accept).shut();
    let mut requests: Vec<_> = (0..10).map(|_| rig.send(rig.charge(100))).collect();
    rest().await;
    for request in requests.iter().step_by(2) {
        request.abort();
    }
    rest().await;
    rig.faults.gate(Method::Accept).open();
    for kept in requests.drain(..).skip(1).step_by(2) {
        soon(kept).await.unwrap().unwrap();
    }
    // Those that went away may have been stored; what is stored is published and processed.
    assert_eq!(rig.queue.published_ids().len(), rig.payments());
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.count(Status::Success), 10);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn accepting_waits_a_moment_for_settling_that_is_behind() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("90000.00 IDR").await, rig.empty_wallet("IDR").await);
    let held = async || {
        let started = Instant::now();
        rig.transferred(rig.transfer(from, to, "1000")).await;
        started.elapsed().as_millis()
    };
    assert_eq!(held().await, 0);
    tokio::time::sleep(Duration::from_millis(101)).await;
    assert_eq!(held().await, 50, "the first is not settled");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.count(Status::Pending), 0);
    assert_eq!(held().await, 0, "all are settled");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_decides_holds_up_nobody() {
    let rig = Rig::new().await;
    rig.accept(100).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let started = Instant::now();
    rig.accept(100).await;
    assert_eq!(started.elapsed().as_millis(), 0);
}

#[tokio::test]
async fn a_store_that_panics_fails_its_batch_and_not_the_next() {
    let rig = Rig::new().await;
    rig.faults.on(Method::Accept).panics();
    soon(rig.charges.create(&WE, rig.charge(100))).await.unwrap_err();
    let id = soon(rig.accept(100)).await;
    assert_eq!(rig.queue.published_ids(), [id]);
}
