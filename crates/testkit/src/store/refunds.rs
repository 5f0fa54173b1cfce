//! Refunds: of transfers in one go, of charges around a provider's answer; never more than was moved.

use super::helpers::{each_of, everything};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, conversion, open_empty_wallet, open_liquidity, open_usd_pair, open_wallet, refund,
    transfer,
};
use paygate_core::account::Account;
use paygate_core::decision::Loads;
use paygate_core::hold::capture;
use paygate_core::identity::Actor;
use paygate_core::payment::{NewPayment, Payment, Reason};
use paygate_core::status::Status;
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::PaymentQuery;
use paygate_ports::silent;
use std::sync::Arc;

fn code(payment: &Payment) -> Option<Reason> {
    payment.failure.as_ref().map(|failure| failure.code)
}

/// A settled transfer of 60.00 between two wallets.
async fn transferred(store: &StoreUnderTest) -> (Account, Account, Payment) {
    let from = open_wallet(store, "USD", "100.00").await;
    let to = open_empty_wallet(store, "USD").await;
    let payment = store.worked(transfer(&from, &to, "60.00")).await;
    assert_eq!(payment.status, Status::Success);
    (from, to, payment)
}

/// A settled charge of 10.00.
async fn charged(store: &StoreUnderTest) -> (crate::build::Pair, Payment) {
    let pair = open_usd_pair(store).await;
    let id = store.created_one(pair.charge("10.00")).await;
    store.approve(&[id]).await;
    (pair, store.payment(id).await)
}

pub async fn a_transfer_is_refunded_in_parts_until_nothing_is_left(store: StoreUnderTest) {
    let (from, to, payment) = transferred(&store).await;
    for (minor, refunded, status) in [
        (2_500, 2_500, Status::Success),
        (1, 2_501, Status::Success),
        (3_499, 6_000, Status::Reversed),
    ] {
        let done = store.worked(refund(&payment, minor)).await;
        assert_eq!((done.status, done.parent), (Status::Success, Some(payment.id)));
        let original = store.payment(payment.id).await;
        assert_eq!((original.status, original.refunded_minor), (status, refunded));
        assert_eq!(original.refunding_minor, 0);
        assert_eq!(store.balance(&from).await, (4_000 + refunded, 0));
        assert_eq!(store.balance(&to).await, (6_000 - refunded, 0));
    }
    let timeline = store.reader.timeline(payment.id).await.unwrap();
    assert_eq!(timeline.last().unwrap().reason, Reason::Refunded);
    let beyond = store.worked(refund(&payment, 1)).await;
    assert_eq!(code(&beyond), Some(Reason::RefundExceedsRemainder));
    assert_ledger_holds(&store).await;
}

pub async fn what_can_not_be_refunded_fails(store: StoreUnderTest) {
    let (from, to, payment) = transferred(&store).await;
    let beyond = store.worked(refund(&payment, 6_001)).await;
    assert_eq!(code(&beyond), Some(Reason::RefundExceedsRemainder));

    let pending = store.created_one(transfer(&from, &to, "1.00")).await;
    let pending = store.payment(pending).await;
    let early = store.worked(refund(&pending, 100)).await;
    assert_eq!(code(&early), Some(Reason::NotRefundable));
    let first = store.worked(refund(&payment, 100)).await;
    let of_refund = store.worked(refund(&first, 100)).await;
    assert_eq!(code(&of_refund), Some(Reason::NotRefundable));

    // Who got it has spent it.
    store.worked(transfer(&to, &from, "59.00")).await;
    let unfunded = store.worked(refund(&payment, 100)).await;
    assert_eq!(code(&unfunded), Some(Reason::InsufficientFunds));
    let original = store.payment(payment.id).await;
    assert_eq!((original.refunded_minor, original.refunding_minor), (100, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_converted_transfer_is_refunded_without_residue(store: StoreUnderTest) {
    let [usd, jpy] = open_liquidity(&store, ["USD", "JPY"]).await;
    let from = open_wallet(&store, "USD", "10.00").await;
    let to = open_empty_wallet(&store, "JPY").await;
    // 1000 cents are 1499 yen: no third of it is whole.
    let payment = store.worked(conversion(&from, &to, "10.00", "149.99")).await;
    assert_eq!(store.balance(&to).await, (1_499, 0));
    let mut taken_back = Vec::new();
    for minor in [333, 333, 1, 333] {
        let done = store.worked(refund(&store.payment(payment.id).await, minor)).await;
        assert_eq!(done.status, Status::Success);
        taken_back.push(done.debit.minor);
    }
    assert_eq!(taken_back, [499, 499, 1, 500]);
    assert_eq!(store.payment(payment.id).await.status, Status::Reversed);
    for (account, posted) in [(&from, 1_000), (&to, 0), (&usd, 0), (&jpy, 0)] {
        assert_eq!(store.balance(account).await, (posted, 0));
    }
    assert_ledger_holds(&store).await;
}

/// The share of a refund is fixed when it is claimed, not when it is accepted.
pub async fn a_refund_takes_the_share_that_is_left_when_it_is_claimed(store: StoreUnderTest) {
    open_liquidity(&store, ["JPY", "USD"]).await;
    let from = open_wallet(&store, "JPY", "10000").await;
    let to = open_empty_wallet(&store, "USD").await;
    // 1000 yen are 6.67 dollars: a yen is 0 or 1 cent.
    let payment = store.worked(conversion(&from, &to, "1000", "0.00667")).await;
    let batch: Vec<NewPayment> = (0..5).map(|_| refund(&payment, 1)).collect();
    let ids = store.created(&batch).await;
    store.work(&ids).await;
    let mut taken_back = Vec::new();
    for id in ids {
        let done = store.payment(id).await;
        assert_eq!(done.status, Status::Success);
        taken_back.push(done.debit.minor);
    }
    assert_eq!(taken_back, [0, 1, 1, 0, 1]);
    assert_ledger_holds(&store).await;
}

pub async fn of_a_partial_capture_only_that_is_refunded(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let held = store.worked(transfer(&from, &to, "60.00").held()).await;
    let early = store.worked(refund(&held, 100)).await;
    assert_eq!(code(&early), Some(Reason::NotRefundable));
    store
        .each(&[held.id], |book, id| capture(book, id, Some(2_500), &Actor::Operator).unwrap())
        .await;
    let captured = store.payment(held.id).await;
    let beyond = store.worked(refund(&captured, 2_501)).await;
    assert_eq!(code(&beyond), Some(Reason::RefundExceedsRemainder));
    assert_eq!(store.worked(refund(&captured, 2_500)).await.status, Status::Success);
    assert_eq!(store.payment(held.id).await.status, Status::Reversed);
    assert_eq!(store.balance(&from).await, (10_000, 0));
    assert_ledger_holds(&store).await;
}

async fn worked_at_once(store: &StoreUnderTest, payments: Vec<NewPayment>) -> Vec<Payment> {
    let ids = store.created(&payments).await;
    let workers: Vec<_> = ids
        .iter()
        .map(|id| {
            let (payments, id) = (Arc::clone(&store.payments), *id);
            let step = |book: &mut paygate_core::book::Book, id| {
                work::process(book, id, &WorkPolicy::default()).unwrap();
            };
            let decide = silent(each_of(&[id], step));
            tokio::spawn(async move {
                payments.transact(vec![id], Loads::ForClaims, decide).await.unwrap().changes
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let mut done = Vec::new();
    for id in ids {
        done.push(store.payment(id).await);
    }
    done
}

pub async fn concurrent_refunds_of_a_transfer_never_exceed_it(store: StoreUnderTest) {
    let (from, to, payment) = transferred(&store).await;
    let refunds = (0..10).map(|_| refund(&payment, 1_500)).collect();
    let done = worked_at_once(&store, refunds).await;
    let (settled, failed): (Vec<_>, Vec<_>) =
        done.iter().partition(|refund| refund.status == Status::Success);
    assert_eq!((settled.len(), failed.len()), (4, 6));
    for refund in failed {
        assert_eq!(code(refund), Some(Reason::RefundExceedsRemainder));
    }
    assert_eq!(store.payment(payment.id).await.status, Status::Reversed);
    assert_eq!(store.balance(&from).await, (10_000, 0));
    assert_eq!(store.balance(&to).await, (0, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_refund_of_a_charge_is_held_until_the_provider_answers(store: StoreUnderTest) {
    let (pair, charge) = charged(&store).await;
    let claimed = store.worked(refund(&charge, 400)).await;
    assert_eq!((claimed.status, claimed.attempts), (Status::Processing, 1));
    assert!(claimed.lease_until > Some(store.now().await));
    assert_eq!(store.payment(charge.id).await.refunding_minor, 400);
    assert_eq!(store.balance(&pair.merchant).await, (1_000, 400));
    assert_ledger_holds(&store).await;

    store.approve(&[claimed.id]).await;
    assert_eq!(store.payment(claimed.id).await.status, Status::Success);
    let original = store.payment(charge.id).await;
    assert_eq!((original.refunded_minor, original.refunding_minor), (400, 0));
    assert_eq!(store.balance(&pair.merchant).await, (600, 0));
    assert_eq!(store.balance(&pair.acquirer).await, (-600, 0));
    assert_ledger_holds(&store).await;

    let rest = store.worked(refund(&original, 600)).await;
    store.approve(&[rest.id]).await;
    assert_eq!(store.payment(charge.id).await.status, Status::Reversed);
    assert_eq!(store.balance(&pair.merchant).await, (0, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_refund_that_the_provider_declines_gives_its_claim_up(store: StoreUnderTest) {
    let (pair, charge) = charged(&store).await;
    let claimed = store.worked(refund(&charge, 1_000)).await;
    let second = store.worked(refund(&charge, 1)).await;
    assert_eq!(code(&second), Some(Reason::RefundExceedsRemainder), "all of it is claimed");
    store.decline(&[claimed.id]).await;
    assert_eq!(code(&store.payment(claimed.id).await), Some(Reason::Declined));
    let original = store.payment(charge.id).await;
    assert_eq!((original.refunded_minor, original.refunding_minor), (0, 0));
    assert_eq!(store.balance(&pair.merchant).await, (1_000, 0));
    assert_eq!(store.worked(refund(&charge, 1_000)).await.status, Status::Processing);
    assert_ledger_holds(&store).await;
}

/// When it was accepted only a part of its share was left; by the time it is claimed, all of it.
pub async fn a_refund_that_waits_takes_what_another_gave_up(store: StoreUnderTest) {
    let (pair, charge) = charged(&store).await;
    let first = store.worked(refund(&charge, 800)).await;
    let waiting = refund(&store.payment(charge.id).await, 300);
    assert_eq!(waiting.terms.debit.minor, 200);
    let id = store.created_one(waiting).await;
    assert_eq!(store.payment(id).await.debit.minor, 200);
    store.decline(&[first.id]).await;
    let changes = store.work(&[id]).await;
    let claimed = store.payment(id).await;
    assert_eq!((claimed.status, claimed.debit.minor), (Status::Processing, 300));
    assert!(changes.payments.contains(&claimed));
    store.approve(&[id]).await;
    assert_eq!(store.payment(charge.id).await.refunded_minor, 300);
    assert_eq!(store.balance(&pair.merchant).await, (700, 0));
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_refunds_of_a_charge_never_exceed_it(store: StoreUnderTest) {
    let (pair, charge) = charged(&store).await;
    let refunds = (0..10).map(|_| refund(&charge, 300)).collect();
    let done = worked_at_once(&store, refunds).await;
    let claimed: Vec<_> =
        done.iter().filter(|refund| refund.status == Status::Processing).collect();
    assert_eq!(claimed.len(), 3);
    assert_eq!(store.payment(charge.id).await.refunding_minor, 900);
    assert_eq!(store.balance(&pair.merchant).await, (1_000, 900));
    let ids: Vec<_> = claimed.iter().map(|refund| refund.id).collect();
    store.approve(&ids[..2]).await;
    store.decline(&ids[2..]).await;
    let original = store.payment(charge.id).await;
    assert_eq!((original.refunded_minor, original.refunding_minor), (600, 0));
    assert_eq!(store.balance(&pair.merchant).await, (400, 0));
    assert_ledger_holds(&store).await;
}

pub async fn the_refunds_of_a_payment_are_listed(store: StoreUnderTest) {
    let (from, to, payment) = transferred(&store).await;
    let other = store.worked(transfer(&from, &to, "10.00")).await;
    let batch = [
        refund(&payment, 1_000),
        refund(&other, 100),
        refund(&payment, 6_000).with_reference("found by it"),
        refund(&payment, 200),
    ];
    let ids = store.created(&batch).await;
    store.work(&ids[..3]).await;
    let of = |parent| PaymentQuery { parent: Some(parent), ..everything() };
    let failed = Some(Status::Failed);
    let reference = batch[2].request.reference.clone();
    for (query, expected) in [
        (of(payment.id), vec![ids[3], ids[2], ids[0]]),
        (of(other.id), vec![ids[1]]),
        (of(ids[0]), vec![]),
        (PaymentQuery { status: failed, ..of(payment.id) }, vec![ids[2]]),
        (PaymentQuery { reference: reference.clone(), ..of(payment.id) }, vec![ids[2]]),
        (PaymentQuery { reference, ..of(other.id) }, vec![]),
        (PaymentQuery { cursor: Some(ids[2]), ..of(payment.id) }, vec![ids[0]]),
    ] {
        for limit in [1, 2, 100] {
            let mut query = PaymentQuery { limit, ..query.clone() };
            let mut found = Vec::new();
            loop {
                let page = store.reader.payments(query.clone()).await.unwrap();
                assert!(page.items.len() <= usize::from(limit));
                found.extend(page.items.iter().map(|record| record.payment.id));
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{query:?}");
        }
    }
    assert_ledger_holds(&store).await;
}
