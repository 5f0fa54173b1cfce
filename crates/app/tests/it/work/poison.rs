//! Poison: a payment that can't be processed is found, parked with its reason, and its neighbours
//! settle.

use crate::rig::acquirer::Plan;
use crate::rig::{LOCKING, Rig, key, rest};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_ports::{Quarantine, StoreError};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What the store says of a row that can't be read.
const UNREADABLE: &str = "can't be read";

/// The payment is parked for that reason, once, with a dead letter; the others succeeded, and
/// nothing is left in the queue.
fn check_parked(rig: &Rig, poison: PaymentId, reason: &str, others: &[PaymentId]) {
    let parked = rig.store.set_aside();
    assert_eq!(parked.keys().collect::<Vec<_>>(), [&poison], "{parked:?}");
    assert!(parked[&poison].contains(reason), "{parked:?}");
    let letters = rig.queue.inner.dead_letters();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert!(String::from_utf8_lossy(&letter.body).contains(&poison.to_string()));
    assert!(letter.reason.contains(reason), "{letter:?}");
    for id in others.iter().filter(|id| **id != poison) {
        assert_eq!(rig.store.status(*id), Status::Success, "{id}");
    }
    assert_eq!(rig.queue.inner.unacked(), 0);
    rig.check();
}

/// A hundred payments, the poison at that place among them, all claimed by one message batch.
async fn check_among_a_hundred(place: usize, poison: fn(&Rig, PaymentId), reason: &str) {
    let rig = Rig::new().await;
    let ids = rig.accept_many(100).await;
    poison(&rig, ids[place]);
    let worker = rig.worker(WorkerConfig { batch: 100, ..WorkerConfig::default() });
    rest().await;
    rig.mend(ids[place]);
    check_parked(&rig, ids[place], reason, &ids);
    // Halving, not one by one: some 2 × log2(100) calls to claim, and few to settle.
    let claims = rig.faults.named(&LOCKING).len();
    assert!(claims <= 30, "{claims} transactions");
    worker.stop().await;
}

#[tokio::test]
async fn an_unreadable_payment_among_a_hundred_is_parked_and_the_others_settle() {
    for place in [0, 37, 99] {
        check_among_a_hundred(place, Rig::corrupt, UNREADABLE).await;
    }
}

#[tokio::test]
async fn a_payment_whose_decision_panics_is_parked_and_the_others_settle() {
    let panics = |rig: &Rig, id| rig.faults.on_any(&LOCKING).naming(id).always().decision_panics();
    check_among_a_hundred(50, panics, "panicked").await;
}

#[tokio::test]
async fn a_payment_whose_change_is_refused_is_parked_and_the_others_settle() {
    let refused = |rig: &Rig, id: PaymentId| {
        rig.refuse_moves(&format!("NEW.id = {}", key(id.0)), "a check failed");
    };
    check_among_a_hundred(50, refused, "a check failed").await;
}

#[tokio::test]
async fn two_poisoned_payments_are_both_found() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(20).await;
    for place in [3, 4] {
        rig.corrupt(ids[place]);
    }
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let parked: Vec<_> = rig.store.set_aside().into_keys().collect();
    assert_eq!(parked, ids[3..5]);
    assert_eq!(rig.count(Status::Success), 18);
    worker.stop().await;
    rig.broken();
}

#[tokio::test]
async fn a_payment_that_breaks_a_rule_of_the_book_is_parked_by_its_code() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(10).await;
    rig.set_payment(ids[4], "kind = 'payout'");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.set_payment(ids[4], "kind = 'charge'");
    check_parked(&rig, ids[4], "unsupported-kind", &ids);
    worker.stop().await;
}

#[tokio::test]
async fn a_batch_of_nothing_but_payments_that_break_a_rule_is_parked() {
    let rig = Rig::new().await;
    rig.accept_many(20).await;
    rig.run("UPDATE payments SET kind = 'payout'");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.store.set_aside().len(), 20, "it is them, and not the store");
    worker.stop().await;
    rig.broken();
}

/// Taken for a charge, it would be authorised: money taken instead of paid.
#[tokio::test]
async fn a_payout_is_set_aside_and_the_acquirer_hears_nothing_of_it() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(2).await;
    rig.set_payment(ids[0], "kind = 'payout'");
    // As if it had been claimed before, so that its outcome would only be asked for.
    rig.set_payment(ids[1], "kind = 'payout', status = 'PROCESSING', attempts = 9");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let expected = ids.iter().map(|id| (*id, "unsupported-kind".to_owned())).collect();
    assert_eq!(rig.store.set_aside(), expected);
    assert_eq!(rig.acquirer.script().calls, []);
    worker.stop().await;
    rig.broken();
}

/// Ten payments are claimed; one of them becomes poison before its settlement.
async fn poisoned_at_settlement() -> (Rig, Vec<PaymentId>, crate::rig::Running) {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let ids = rig.accept_many(10).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.corrupt(ids[7]);
    (rig, ids, worker)
}

#[tokio::test]
async fn a_payment_that_cannot_be_settled_is_parked_and_the_others_settle() {
    let (rig, ids, worker) = poisoned_at_settlement().await;
    rig.acquirer.gate.open();
    rest().await;
    rig.mend(ids[7]);
    check_parked(&rig, ids[7], UNREADABLE, &ids);
    assert_eq!(rig.announced().len(), 9);
    worker.stop().await;
}

#[tokio::test]
async fn a_parked_payment_is_left_alone_until_it_is_taken_out() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    rig.corrupt(id);
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rest().await;
    let publishes = rig.queue.publishes();
    for _ in 0..60 {
        rig.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(rig.queue.publishes(), publishes);
    rig.mend(id);
    rig.store.inner().unpark(id).await.unwrap();
    rig.pass(Duration::from_secs(1)).await;
    assert_eq!(rig.store.status(id), Status::Success);
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn neighbours_are_processed_while_the_dead_letter_waits_for_the_broker() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(10).await;
    rig.corrupt(ids[4]);
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().dead_letters_fail.store(true, Ordering::SeqCst);
    rest().await;
    rig.pass(Duration::from_secs(5)).await;
    assert_eq!(rig.count(Status::Success), 9);
    rig.broken();
}

#[tokio::test]
async fn settling_goes_on_while_the_dead_letter_waits_for_the_broker() {
    let (rig, ids, worker) = poisoned_at_settlement().await;
    worker.deliveries().dead_letters_fail.store(true, Ordering::SeqCst);
    rig.acquirer.gate.open();
    rest().await;
    let later = rig.accept(100).await;
    rig.pass(Duration::from_secs(5)).await;
    assert_eq!(rig.count(Status::Success), 10, "nine of {} and {later}", ids.len());
    rig.broken();
}

#[tokio::test]
async fn a_store_that_refuses_everybody_parks_nobody_and_is_waited_for() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(50).await;
    rig.refuse_moves("true", "permission denied");
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.pass(Duration::from_secs(5)).await;
    assert_eq!(rig.store.set_aside(), BTreeMap::new());
    assert!(rig.all(&ids, Status::Pending));
    rig.run("DROP TRIGGER unmoved");
    rig.pass(Duration::from_secs(5)).await;
    assert!(rig.all(&ids, Status::Success));
    worker.stop().await;
}

/// Lets so many seconds pass, one by one.
async fn seconds(rig: &Rig, seconds: u32) {
    for _ in 0..seconds {
        rig.pass(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn a_payment_the_store_keeps_failing_at_holds_up_nobody_and_comes_back() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(20).await;
    let held = StoreError::Failing("canceling statement due to lock timeout".to_owned());
    rig.faults.on_any(&LOCKING).naming(ids[7]).always().fails_before_with(held);
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rest().await;
    assert_eq!((rig.count(Status::Success), rig.queue.inner.unacked()), (19, 0));
    assert_eq!(rig.store.set_aside(), BTreeMap::new());
    rig.faults.lift();
    rig.pass_until(Duration::from_secs(300), |rig| rig.all(&ids, Status::Success)).await;
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn what_the_store_never_stops_failing_at_is_parked_at_the_sixth_return() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    let damaged = StoreError::Failing("invalid page in block 7".to_owned());
    rig.faults.on_any(&LOCKING).naming(id).always().fails_before_with(damaged);
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rig.pass_until(Duration::from_secs(1800), |rig| !rig.store.set_aside().is_empty()).await;
    assert_eq!(rig.faults.named(&LOCKING).len(), 6, "tries, one for each return");
    assert!(rig.store.set_aside()[&id].contains("invalid page"), "{:?}", rig.store.set_aside());
    assert_eq!(rig.queue.inner.unacked(), 0);
    rig.faults.lift();
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn a_batch_that_the_store_never_takes_is_set_aside_and_parked_in_the_end() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(20).await;
    rig.refuse_moves("NEW.amount_minor = 100", "a check failed");
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    seconds(&rig, 10).await;
    let later = rig.accept(300).await;
    seconds(&rig, 15).await;
    assert_eq!(rig.store.status(later), Status::Pending, "the store may come to itself");
    rig.pass_until(Duration::from_secs(30), |rig| rig.store.status(later) == Status::Success).await;
    rig.pass_until(Duration::from_secs(1800), |rig| rig.store.set_aside().len() == 20).await;
    assert!(rig.all(&ids, Status::Pending));
    assert_eq!(rig.queue.inner.unacked(), 0);
    worker.stop().await;
    sweeper.stop().await;
    rig.broken();
}
