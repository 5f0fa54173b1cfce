//! A repeated request gets the payment it made, whatever has happened since; one under a key of
//! another request is told so, even where it would be refused anyway.

use crate::rig::{Rig, WE, code, named, rest, soon, under_key};
use paygate_app::{Call, CreateError, CreateRefund, CreateTransfer, Created, WorkerConfig};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Principal;
use paygate_core::status::Status;
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;
use std::time::Duration;

fn keyed(transfer: CreateTransfer, sent: u8) -> CreateTransfer {
    CreateTransfer { details: under_key(transfer.details, "key", sent), ..transfer }
}

/// The answer is that payment in that state, as a replay.
fn check(answer: Result<Created, CreateError>, id: PaymentId, status: Status) {
    let Created { record, replayed } = answer.unwrap();
    assert_eq!((record.payment.id, record.payment.status, replayed), (id, status, true));
}

/// A transfer under a key that takes all its source has.
async fn sent() -> (Rig, AccountId, CreateTransfer, PaymentId) {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("1000.00 IDR").await, rig.empty_wallet("IDR").await);
    let transfer = keyed(rig.transfer(from, to, "1000"), 1);
    let id = rig.transferred(transfer.clone()).await;
    (rig, from, transfer, id)
}

#[tokio::test]
async fn a_sender_that_is_empty_now_does_not_matter() {
    let (rig, _, transfer, id) = sent().await;
    check(rig.transfers.create(&WE, transfer.clone()).await, id, Status::Pending);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    check(rig.transfers.create(&WE, transfer.clone()).await, id, Status::Success);
    let fresh = CreateTransfer { details: rig.details(), ..transfer };
    assert_eq!(code(&rig.transfers.create(&WE, fresh).await.unwrap_err()), "insufficient-funds");
    worker.stop().await;
}

#[tokio::test]
async fn an_account_that_is_closed_now_does_not_matter() {
    let (rig, from, transfer, id) = sent().await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.accounts.close(&WE, named(from)).await.unwrap();
    check(rig.transfers.create(&WE, transfer).await, id, Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn a_quote_that_is_used_or_has_expired_does_not_matter() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 USD").await, rig.empty_wallet("IDR").await);
    let quote = Some(rig.quote("USD", "IDR").await);
    let transfer = keyed(CreateTransfer { quote, ..rig.transfer(from, to, "10") }, 1);
    let id = rig.transferred(transfer.clone()).await;
    check(rig.transfers.create(&WE, transfer.clone()).await, id, Status::Pending);
    rig.pass(Duration::from_secs(31)).await;
    check(rig.transfers.create(&WE, transfer.clone()).await, id, Status::Pending);
    rig.rates.stale(true);
    check(rig.transfers.create(&WE, transfer).await, id, Status::Pending);
}

#[tokio::test]
async fn a_failed_payment_is_replayed_as_that_failure() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("1000.00 IDR").await, rig.empty_wallet("IDR").await);
    rig.transferred(rig.transfer(from, to, "1000")).await;
    let transfer = keyed(rig.transfer(from, to, "1000"), 1);
    let id = rig.transferred(transfer.clone()).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    // Meanwhile it would succeed.
    rig.transferred(rig.transfer(to, from, "1000")).await;
    rest().await;
    assert_eq!(rig.has(from).0, "1000.00");
    let again = rig.transfers.create(&WE, transfer).await;
    check(again.clone(), id, Status::Failed);
    let failure = again.unwrap().record.payment.failure.unwrap();
    assert_eq!(failure.code.as_str(), "insufficient-funds");
    worker.stop().await;
}

#[tokio::test]
async fn another_request_under_the_key_is_told_so_also_where_it_would_be_refused() {
    let (rig, from, transfer, id) = sent().await;
    let others = [
        rig.transfer(from, rig.empty_wallet("IDR").await, "1000"),
        rig.transfer(from, from, "1000"),
        rig.transfer(from, rig.empty_wallet("IDR").await, "1"),
        rig.transfer(from, rig.empty_wallet("IDR").await, "2000"),
        rig.transfer_in(from, rig.empty_wallet("IDR").await, "1000 JPY"),
    ];
    for other in others {
        let answer = rig.transfers.create(&WE, keyed(other, 2)).await;
        assert_eq!(answer.unwrap_err(), CreateError::KeyReused);
    }
    check(rig.transfers.create(&WE, transfer).await, id, Status::Pending);
    assert_eq!(rig.queue.published_ids(), [id]);
}

#[tokio::test]
async fn a_key_is_the_callers_and_the_operations_own() {
    let (rig, from, transfer, _) = sent().await;
    let refused = keyed(rig.transfer(from, from, "1000"), 1);
    let answer = rig.transfers.create(&Principal::Operator, refused).await;
    assert_eq!(code(&answer.unwrap_err()), "same-party");
    let details = under_key(rig.details(), "key", 1);
    let of_another = CreateTransfer { details, ..transfer };
    let answer = rig.transfers.create(&Principal::Operator, of_another).await;
    assert!(!answer.unwrap().replayed);
    let charge = crate::rig::keyed(rig.charge(100), "key", 2);
    assert!(!rig.charges.create(&WE, charge).await.unwrap().replayed);
}

/// The check finds nothing wrong with the key, then finds the sender empty; its twin is accepted
/// before the refusal is answered.
#[tokio::test]
async fn a_twin_that_is_accepted_before_the_refusal_is_answered_is_replayed() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 USD").await, rig.empty_wallet("IDR").await);
    let transfer = keyed(rig.transfer(from, to, "10"), 1);
    rig.faults.gate(Method::ByKey).shut();
    rig.rates.stale(true);
    let refused = rig.send_transfer(transfer.clone());
    rest().await;
    assert_eq!(rig.faults.gate(Method::ByKey).waiting(), 1);
    rig.rates.stale(false);
    let id = rig.transferred(transfer.clone()).await;
    rig.faults.gate(Method::ByKey).open();
    check(soon(refused).await.unwrap(), id, Status::Pending);
    assert_eq!(rig.queue.published_ids(), [id]);
}

#[tokio::test]
async fn twins_that_come_together_are_one_payment() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 USD").await, rig.empty_wallet("IDR").await);
    let twins = (0..20).map(|_| rig.send_transfer(keyed(rig.transfer(from, to, "10"), 1)));
    let answers = soon(futures_util::future::join_all(twins.collect::<Vec<_>>())).await;
    let answers: Vec<Created> = answers.into_iter().map(|it| it.unwrap().unwrap()).collect();
    assert_eq!(answers.iter().filter(|it| !it.replayed).count(), 1);
    let ids: std::collections::BTreeSet<_> =
        answers.iter().map(|it| it.record.payment.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(rig.queue.published_ids().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_no_reason_to_answer_a_refusal() {
    let (rig, _, transfer, id) = sent().await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    rig.faults.gate(Method::ByKey).shut();
    let again = rig.send_transfer(transfer.clone());
    rest().await;
    assert_eq!(rig.faults.gate(Method::ByKey).waiting(), 1);
    rig.faults.on_all().fails_before();
    rig.faults.gate(Method::ByKey).open();
    let away = |error| matches!(error, CreateError::Store(StoreError::Unavailable(_)));
    assert!(away(soon(again).await.unwrap().unwrap_err()));
    rig.faults.on_all().fails_before();
    assert!(away(rig.transfers.create(&WE, transfer.clone()).await.unwrap_err()));
    check(rig.transfers.create(&WE, transfer).await, id, Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn a_replay_in_place_of_a_refusal_waits_too() {
    let (rig, from, transfer, id) = sent().await;
    // What it has is held, so that the check refuses while the payment is in flight.
    rig.set_account(from, "held_minor = 1");
    let call = Call { wait: Some(Duration::from_secs(5)), ..Call::default() };
    let again = rig.send_transfer(CreateTransfer { call, ..transfer });
    rest().await;
    assert!(!again.is_finished());
    rig.set_account(from, "held_minor = 0");
    let worker = rig.worker(WorkerConfig::default());
    check(soon(again).await.unwrap(), id, Status::Success);
    worker.stop().await;
}

#[tokio::test]
async fn a_refund_is_replayed_when_nothing_is_left_to_refund() {
    let (rig, _, _, id) = sent().await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    let refund = rig.refund(id, None);
    let details = under_key(refund.details.clone(), "key", 1);
    let refund = CreateRefund { details, ..refund };
    let first = rig.refunds.create(&WE, refund.clone()).await.unwrap().record.payment.id;
    rest().await;
    check(rig.refunds.create(&WE, refund.clone()).await, first, Status::Success);
    let other = under_key(refund.details.clone(), "key", 2);
    let reused = rig.refunds.create(&WE, CreateRefund { details: other, ..refund.clone() }).await;
    assert_eq!(reused.unwrap_err(), CreateError::KeyReused);
    let fresh = CreateRefund { details: rig.details(), ..refund };
    let refused = rig.refunds.create(&WE, fresh).await.unwrap_err();
    assert_eq!(code(&refused), "refund-exceeds-remainder");
    worker.stop().await;
}

#[tokio::test]
async fn a_reference_that_is_taken_is_told_before_any_refusal() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("1000.00 IDR").await, rig.empty_wallet("IDR").await);
    let first = rig.transfer(from, to, "1000");
    let again = first.clone();
    let id = rig.transferred(first).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    // The source is empty now, and the client, who had no answer, knows its request by that name.
    let told = rig.transfers.create(&WE, again.clone()).await.unwrap_err();
    assert_eq!(told, CreateError::ReferenceTaken { existing: id });
    let other = CreateTransfer { details: rig.details(), ..again };
    assert_eq!(code(&rig.transfers.create(&WE, other).await.unwrap_err()), "insufficient-funds");
    worker.stop().await;
}

#[tokio::test]
async fn a_refusal_does_not_overtake_a_twin_that_waits_to_be_stored() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("1000.00 IDR").await, rig.empty_wallet("IDR").await);
    let transfer = keyed(rig.transfer(from, to, "1000"), 1);
    rig.faults.gate(Method::Accept).shut();
    let create = |transfer: CreateTransfer| {
        let transfers = rig.transfers.clone();
        tokio::spawn(async move { transfers.create(&WE, transfer).await })
    };
    let first = create(transfer.clone());
    rest().await;
    // Seen after the account was closed, which the first was not.
    rig.set_account(to, "closed_at = 0");
    let twin = create(transfer);
    rest().await;
    assert!(!twin.is_finished(), "it waits behind the first");
    rig.faults.gate(Method::Accept).open();
    let id = soon(first).await.unwrap().unwrap().record.payment.id;
    check(soon(twin).await.unwrap(), id, Status::Pending);
}
