//! Refunds of charges: claimed at the charge and held at the account before the acquirer is asked,
//! then settled by what it says.

use crate::rig::acquirer::Asked::{ForStatus, ToRefund};
use crate::rig::acquirer::Plan;
use crate::rig::{Rig, WE, claiming, code, house, rest};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::provider::{ClaimPolicy, Decline};
use paygate_core::status::Status;
use paygate_ports::Quarantine;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A settled charge of 100 dollars, and the merchant's account.
async fn charged() -> (Rig, PaymentId, AccountId) {
    let rig = Rig::new().await;
    let id = rig.accept(10_000).await;
    work(&rig).await;
    assert_eq!(rig.store.status(id), Status::Success);
    let accounts = rig.standing.charge(&house(), crate::rig::currency("USD"));
    (rig, id, accounts.unwrap().1)
}

/// Lets a worker do all there is to do now.
async fn work(rig: &Rig) {
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop().await;
    rig.check();
}

/// What is refunded of a payment, and what is about to be.
fn counted(rig: &Rig, id: PaymentId) -> (i64, i64) {
    let payment = rig.payment(id);
    (payment.refunded_minor, payment.refunding_minor)
}

fn check(rig: &Rig, account: AccountId, (has, held): (&str, &str)) {
    assert_eq!(rig.has(account), (has.to_owned(), held.to_owned()));
    rig.check();
}

#[tokio::test]
async fn what_the_acquirer_approves_is_given_back() {
    let (rig, id, merchant) = charged().await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let part = rig.refunded(id, Some("30")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!((rig.store.status(part), counted(&rig, id)), (Status::Processing, (0, 3_000)));
    check(&rig, merchant, ("100.00", "30.00"));
    rig.acquirer.gate.open();
    rest().await;
    assert_eq!((rig.store.status(part), counted(&rig, id)), (Status::Success, (3_000, 0)));
    check(&rig, merchant, ("70.00", "0.00"));
    assert_eq!(rig.acquirer.calls_since(part, rig.start), [(0, ToRefund)]);
    assert_eq!(rig.acquirer.script().refunds, [(part, id, 3_000)]);

    let whole = rig.refunded(id, None).await;
    rest().await;
    assert_eq!(
        (rig.store.status(whole), rig.store.status(id)),
        (Status::Success, Status::Reversed)
    );
    check(&rig, merchant, ("0.00", "0.00"));
    let announced = [(id, Status::Success), (part, Status::Success), (whole, Status::Success)];
    assert_eq!(rig.announced(), announced);
    worker.stop().await;
}

#[tokio::test]
async fn what_the_acquirer_declines_is_given_up() {
    let (rig, id, merchant) = charged().await;
    rig.acquirer.usually(Plan::Decline(Decline::Generic));
    let refund = rig.refunded(id, Some("30")).await;
    work(&rig).await;
    assert_eq!((rig.failure(refund), counted(&rig, id)), ("declined", (0, 0)));
    check(&rig, merchant, ("100.00", "0.00"));
    assert_eq!(rig.announced().last(), Some(&(refund, Status::Failed)));
    // All of it can be refunded as before.
    rig.acquirer.usually(Plan::Approve);
    rig.refunded(id, Some("100")).await;
    work(&rig).await;
    assert_eq!(rig.store.status(id), Status::Reversed);
}

#[tokio::test]
async fn money_that_was_given_back_without_an_answer_is_found_by_asking() {
    let (rig, id, merchant) = charged().await;
    rig.acquirer.usually(Plan::TakenWithoutAnswer);
    let refund = rig.refunded(id, Some("30")).await;
    work(&rig).await;
    assert_eq!(rig.acquirer.calls_since(refund, rig.start), [(0, ToRefund), (0, ForStatus)]);
    assert_eq!(rig.store.status(refund), Status::Success);
    check(&rig, merchant, ("70.00", "0.00"));
}

#[tokio::test]
async fn without_an_answer_it_is_asked_again_and_then_a_person_while_it_is_held() {
    let (rig, id, merchant) = charged().await;
    rig.acquirer.usually(Plan::NoAnswer);
    let refund = rig.refunded(id, Some("30")).await;
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    rest().await;
    assert_eq!((rig.store.status(refund), counted(&rig, id)), (Status::Processing, (0, 3_000)));
    let reviewed = |rig: &Rig| rig.store.status(refund) == Status::ManualReview;
    rig.pass_until(20 * SECOND, reviewed).await;
    let expected = [0, 1, 3, 7, 15].map(|second| [(second, ToRefund), (second, ForStatus)]);
    assert_eq!(rig.acquirer.calls_since(refund, rig.start), expected.concat());
    check(&rig, merchant, ("100.00", "30.00"));
    assert_eq!(counted(&rig, id), (0, 3_000));
    let refused = rig.refunds.create(&WE, rig.refund(id, Some("70.01"))).await.unwrap_err();
    assert_eq!(code(&refused), "refund-exceeds-remainder");
    assert_eq!(rig.announced().last(), Some(&(refund, Status::ManualReview)));
    rig.pass(600 * SECOND).await;
    check(&rig, merchant, ("100.00", "30.00"));
    assert_eq!(rig.acquirer.calls_since(refund, rig.start).len(), 10);
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn an_answer_that_comes_when_a_person_was_asked_counts() {
    for (late, status, has) in [
        (Plan::Approve, Status::Success, "70.00"),
        (Plan::Decline(Decline::Generic), Status::Failed, "100.00"),
    ] {
        let (rig, id, merchant) = charged().await;
        rig.acquirer.gate.shut();
        let refund = rig.refunded(id, Some("30")).await;
        rig.acquirer.plan(refund, [Plan::AtGate(Box::new(late)), Plan::NoAnswer]);
        let policy = ClaimPolicy { max_attempts: 2, ..ClaimPolicy::default() };
        let (worker, sweeper) =
            (rig.worker(claiming(policy)), rig.sweeper(SweeperConfig::default()));
        let reviewed = |rig: &Rig| rig.store.status(refund) == Status::ManualReview;
        rig.pass_until(60 * SECOND, reviewed).await;
        check(&rig, merchant, ("100.00", "30.00"));
        rig.acquirer.gate.open();
        rest().await;
        assert_eq!(rig.store.status(refund), status);
        check(&rig, merchant, (has, "0.00"));
        assert_eq!(counted(&rig, id).1, 0);
        worker.stop().await;
        sweeper.stop().await;
    }
}

#[tokio::test]
async fn a_claim_that_was_not_used_is_given_back_and_stays_held() {
    let (rig, id, merchant) = charged().await;
    let refund = rig.refunded(id, Some("30")).await;
    // A call may take longer than the lease lasts.
    let config = WorkerConfig { provider_timeout: 20 * SECOND, ..WorkerConfig::default() };
    let worker = rig.worker(config);
    rest().await;
    worker.stop().await;
    assert!(rig.acquirer.calls_since(refund, rig.start).is_empty());
    assert_eq!((rig.store.status(refund), rig.payment(refund).attempts), (Status::Processing, 0));
    assert_eq!(counted(&rig, id), (0, 3_000));
    check(&rig, merchant, ("100.00", "30.00"));

    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    let done = |rig: &Rig| rig.store.status(refund) == Status::Success;
    rig.pass_until(10 * SECOND, done).await;
    assert_eq!(counted(&rig, id), (3_000, 0));
    check(&rig, merchant, ("70.00", "0.00"));
    worker.stop().await;
    sweeper.stop().await;
}

#[tokio::test]
async fn refunds_at_the_acquirer_together_never_exceed_the_charge() {
    let (rig, id, merchant) = charged().await;
    // So that funds alone would allow all of them.
    rig.accept(50_000).await;
    rig.acquirer.gate.shut();
    rig.acquirer.usually(Plan::AtGate(Box::new(Plan::Approve)));
    let mut refunds = Vec::new();
    for _ in 0..10 {
        refunds.push(rig.refunded(id, Some("30")).await);
    }
    let worker = rig.worker(WorkerConfig { batch: 4, ..WorkerConfig::default() });
    rest().await;
    let asked = refunds.iter().filter(|id| rig.store.status(**id) == Status::Processing);
    assert_eq!((asked.count(), counted(&rig, id)), (3, (0, 9_000)));
    rig.acquirer.gate.open();
    rest().await;
    let codes = refunds.iter().filter(|id| rig.store.status(**id) == Status::Failed);
    assert!(codes.clone().all(|id| rig.failure(*id) == "refund-exceeds-remainder"));
    assert_eq!((codes.count(), counted(&rig, id)), (7, (9_000, 0)));
    check(&rig, merchant, ("510.00", "0.00"));
    worker.stop().await;
}

#[tokio::test]
async fn what_the_merchant_has_spent_meanwhile_is_not_asked_back() {
    let (rig, id, merchant) = charged().await;
    let refund = rig.refunded(id, Some("30")).await;
    let to = rig.empty_wallet("USD").await;
    // The transfer is settled first.
    let spent = rig.transferred(rig.transfer(merchant, to, "90")).await;
    assert!(rig.store.inner().park(refund, "so that it waits").await.unwrap());
    work(&rig).await;
    assert!(rig.store.inner().unpark(refund).await.unwrap());
    assert_eq!(rig.store.status(spent), Status::Success);
    let sweeper = rig.sweeper(SweeperConfig::default());
    rig.pass(10 * SECOND).await;
    work(&rig).await;
    assert_eq!((rig.failure(refund), counted(&rig, id)), ("insufficient-funds", (0, 0)));
    assert!(rig.acquirer.calls_since(refund, rig.start).is_empty());
    check(&rig, merchant, ("10.00", "0.00"));
    sweeper.stop().await;
}
