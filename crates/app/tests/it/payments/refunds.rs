//! Refunds of transfers: settled by the worker in one go, never more than was moved.

use crate::rig::counted::Counted;
use crate::rig::{Rig, WE, code, decimal, eventually, named, rest, soon};
use futures_util::future::join_all;
use paygate_app::{CreateError, WorkerConfig};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::money::AmountError;
use paygate_core::payment::Reason;
use paygate_core::status::Status;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::{HintOut, PaymentQueue, TraceContext};
use uuid::Uuid;

/// A settled transfer of that much, and its two accounts.
async fn settled(rig: &Rig, amount: &str, code: &str) -> (PaymentId, AccountId, AccountId) {
    let (from, to) = (rig.wallet("5000.00 EUR").await, rig.empty_wallet(code).await);
    let id = rig.transferred(rig.transfer(from, to, amount)).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop().await;
    assert_eq!(rig.store.status(id), Status::Success);
    (id, from, to)
}

/// Lets a worker do all there is to do.
async fn work(rig: &Rig) {
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop().await;
    rig.check();
}

async fn refusal(rig: &Rig, of: PaymentId, amount: Option<&str>) -> &'static str {
    let stored = rig.payments();
    let refused = rig.refunds.create(&WE, rig.refund(of, amount)).await.unwrap_err();
    assert_eq!(rig.payments(), stored);
    code(&refused)
}

fn hints(ids: &[PaymentId]) -> Vec<HintOut> {
    ids.iter().map(|id| HintOut { id: *id, context: TraceContext::default() }).collect()
}

#[tokio::test]
async fn a_part_goes_back_and_then_the_rest() {
    let rig = Rig::new().await;
    let (id, from, to) = settled(&rig, "100", "EUR").await;
    let created = rig.refunds.create(&WE, rig.refund(id, Some("30.50"))).await.unwrap().record;
    let (part, payment) = (created.payment.id, created.payment);
    assert_eq!((payment.kind, payment.parent), (Kind::Refund, Some(id)));
    assert_eq!((payment.source, payment.destination), (to, from));
    work(&rig).await;
    let original = rig.payment(id);
    assert_eq!((original.status, original.refunded_minor), (Status::Success, 3_050));
    assert_eq!((rig.store.status(part), rig.has(to).0.as_str()), (Status::Success, "69.50"));

    let rest_of_it = rig.refunded(id, None).await;
    assert_eq!(rig.payment(rest_of_it).amount.minor, 6_950);
    work(&rig).await;
    let original = rig.payment(id);
    assert_eq!((original.status, original.refunded_minor), (Status::Reversed, 10_000));
    assert_eq!(original.refunding_minor, 0);
    let last = rig.store.steps(id).pop().unwrap();
    assert_eq!(last.reason, Reason::Refunded);
    assert_eq!((rig.has(from).0.as_str(), rig.has(to).0.as_str()), ("5000.00", "0.00"));
    assert_eq!(refusal(&rig, id, None).await, "refund-exceeds-remainder");
    assert_eq!(refusal(&rig, id, Some("0.01")).await, "refund-exceeds-remainder");
}

#[tokio::test]
async fn parts_of_a_conversion_leave_no_residue() {
    let rig = Rig::new().await;
    let (id, from, to) = settled(&rig, "10", "SGD").await;
    assert_eq!(rig.has(to).0, "14.56");
    let mut taken_back = Vec::new();
    for part in ["3.33", "3.33", "0.01", "3.33"] {
        let refund = rig.refunded(id, Some(part)).await;
        // The rate is that of the transfer.
        rig.rates.set("USD/IDR=1");
        work(&rig).await;
        taken_back.push(rig.payment(refund).debit.minor);
    }
    // Of 1,456 for 1,000: 484.8, 969.6, 971.1 and all of it, each rounded down.
    assert_eq!(taken_back, [484, 485, 2, 485]);
    assert_eq!((rig.has(from).0.as_str(), rig.has(to).0.as_str()), ("5000.00", "0.00"));
    assert_eq!(rig.store.status(id), Status::Reversed);
}

#[tokio::test]
async fn what_was_captured_is_what_can_be_refunded() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("50.00 EUR").await, rig.empty_wallet("EUR").await);
    let id = rig.transferred(rig.hold(from, to, "40")).await;
    work(&rig).await;
    assert_eq!(refusal(&rig, id, None).await, "payment-not-refundable");
    rig.holds.capture(&WE, id, Some(decimal("15"))).await.unwrap();
    assert_eq!(refusal(&rig, id, Some("15.01")).await, "refund-exceeds-remainder");
    rig.refunded(id, None).await;
    work(&rig).await;
    assert_eq!((rig.store.status(id), rig.has(from).0.as_str()), (Status::Reversed, "50.00"));
}

#[tokio::test]
async fn what_can_be_refused_at_once_is() {
    let rig = Rig::new().await;
    let (id, from, to) = settled(&rig, "100", "EUR").await;
    let unknown = PaymentId(Uuid::from_u128(1));
    let missing = rig.refunds.create(&WE, rig.refund(unknown, None)).await.unwrap_err();
    assert_eq!(missing, CreateError::PaymentNotFound);
    let refused = rig.refunds.create(&WE, rig.refund(id, Some("1.001"))).await.unwrap_err();
    assert_eq!(refused, CreateError::Amount(AmountError::TooManyDecimals { allowed: 2 }));
    assert_eq!(refusal(&rig, id, Some("100.01")).await, "refund-exceeds-remainder");
    let pending = rig.transferred(rig.transfer(to, from, "100")).await;
    assert_eq!(refusal(&rig, pending, None).await, "payment-not-refundable");
    work(&rig).await;
    assert_eq!(refusal(&rig, id, None).await, "insufficient-funds");
    rig.accounts.close(&WE, named(to)).await.unwrap();
    assert_eq!(refusal(&rig, id, None).await, "account-closed");
    // A refund, a failed payment and an opening balance are none that can be refunded.
    let refund = rig.refunds.create(&WE, rig.refund(pending, Some("1"))).await;
    assert_eq!(code(&refund.unwrap_err()), "account-closed");
    let opening = rig.oldest();
    assert_eq!(rig.payment(opening).kind, Kind::Opening);
    assert_eq!(refusal(&rig, opening, None).await, "payment-not-refundable");
}

#[tokio::test]
async fn a_refund_is_not_refunded() {
    let rig = Rig::new().await;
    let (id, ..) = settled(&rig, "100", "EUR").await;
    let refund = rig.refunded(id, Some("1")).await;
    work(&rig).await;
    assert_eq!(refusal(&rig, refund, None).await, "payment-not-refundable");
}

#[tokio::test]
async fn what_is_wrong_by_the_time_the_worker_looks_fails_it() {
    let rig = Rig::new().await;
    let (id, from, to) = settled(&rig, "100", "EUR").await;
    let first = rig.refunded(id, Some("60")).await;
    let second = rig.refunded(id, Some("60")).await;
    work(&rig).await;
    assert_eq!(rig.store.status(first), Status::Success);
    assert_eq!(rig.failure(second), "refund-exceeds-remainder");

    let spent = rig.transferred(rig.transfer(to, from, "40")).await;
    let unfunded = rig.refunded(id, Some("40")).await;
    work(&rig).await;
    assert_eq!(rig.store.status(spent), Status::Success);
    assert_eq!(rig.failure(unfunded), "insufficient-funds");
    let original = rig.payment(id);
    assert_eq!((original.refunded_minor, original.refunding_minor), (6_000, 0));
}

#[tokio::test]
async fn refunds_that_come_together_never_exceed_the_payment() {
    let rig = Rig::new().await;
    let (id, from, to) = settled(&rig, "100", "EUR").await;
    // So that funds alone would allow all of them.
    rig.transferred(rig.transfer(from, to, "400")).await;
    work(&rig).await;
    let refunds: Vec<PaymentId> = join_all((0..10).map(|_| rig.refunded(id, Some("30")))).await;
    work(&rig).await;
    let succeeded = refunds.iter().filter(|id| rig.store.status(**id) == Status::Success);
    assert_eq!(succeeded.count(), 3);
    assert_eq!((rig.payment(id).refunded_minor, rig.has(to).0.as_str()), (9_000, "410.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_beside_two_workers_never_exceed_the_payment() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 EUR").await, rig.wallet("500.00 EUR").await);
    let id = rig.transferred(rig.transfer(from, to, "100")).await;
    let workers = [0, 1].map(|_| rig.worker(WorkerConfig { batch: 2, ..Default::default() }));
    eventually(|| rig.store.status(id) == Status::Success).await;
    let sent = (0..30).map(|_| {
        let (refunds, refund) = (rig.refunds.clone(), rig.refund(id, Some("10")));
        tokio::spawn(async move { refunds.create(&WE, refund).await })
    });
    let answers = soon(join_all(sent.collect::<Vec<_>>())).await;
    for refused in answers.into_iter().filter_map(|it| it.unwrap().err()) {
        assert_eq!(code(&refused), "refund-exceeds-remainder");
    }
    eventually(|| rig.count(Status::Pending) == 0).await;
    assert_eq!(rig.store.status(id), Status::Reversed);
    assert_eq!((rig.has(from).0.as_str(), rig.has(to).0.as_str()), ("5000.00", "500.00"));
    for worker in workers {
        worker.stop().await;
    }
}

/// Also where a hint of the payment comes in one message with those of its refunds.
#[tokio::test]
async fn the_payment_itself_is_neither_announced_nor_counted_again() {
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let rig = Rig::with(MemoryQueueConfig::default()).await;
    let (id, ..) = settled(&rig, "100", "EUR").await;
    let (part, rest_of_it) = (rig.refunded(id, Some("30")).await, rig.refunded(id, None).await);
    let rest_of_it_fails = rig.store.status(rest_of_it);
    assert_eq!(rest_of_it_fails, Status::Pending);
    rig.queue.inner.publish(hints(&[id, part, rest_of_it])).await.unwrap();
    work(&rig).await;
    assert_eq!(rig.payment(id).refunded_minor, 3_000);
    let whole = rig.refunded(id, Some("70")).await;
    rig.queue.inner.publish(hints(&[whole, id])).await.unwrap();
    work(&rig).await;
    assert_eq!(rig.store.status(id), Status::Reversed);
    let announced = [
        (id, Status::Success),
        (part, Status::Success),
        (rest_of_it, Status::Failed),
        (whole, Status::Success),
    ];
    assert_eq!(rig.announced(), announced);
    let settlements = [
        ("paygate_settlements_total{outcome=FAILED}".to_owned(), 1),
        ("paygate_settlements_total{outcome=SUCCESS}".to_owned(), 3),
    ];
    assert_eq!(counted.of("paygate_settlements_total"), settlements);
}
