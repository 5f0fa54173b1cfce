//! Holds: money set aside, then captured, voided, or given back by time.

use super::helpers::eventually;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{Having, conversion, open_empty_wallet, open_liquidity, open_wallet, transfer};
use chrono::TimeDelta;
use paygate_core::account::Account;
use paygate_core::decision::Loads;
use paygate_core::hold::{HoldError, capture, void};
use paygate_core::id::PaymentId;
use paygate_core::identity::Actor;
use paygate_core::payment::{Payment, Reason};
use paygate_core::status::Status;
use paygate_core::work::WorkPolicy;
use paygate_ports::Redelivered;
use paygate_ports::silent;
use std::sync::Arc;

/// A wallet with 100.00 of which 60.00 are held for another, and that payment.
async fn held(store: &StoreUnderTest) -> (Account, Account, Payment) {
    let from = open_wallet(store, "USD", "100.00").await;
    let to = open_empty_wallet(store, "USD").await;
    let payment = store.worked(transfer(&from, &to, "60.00").held()).await;
    assert_eq!(payment.status, Status::Authorized);
    (from, to, payment)
}

async fn captured(store: &StoreUnderTest, id: PaymentId, minor: Option<i64>) -> Payment {
    store.each(&[id], move |book, id| capture(book, id, minor, &Actor::Operator).unwrap()).await;
    store.payment(id).await
}

pub async fn what_is_authorized_is_held(store: StoreUnderTest) {
    let (from, to, payment) = held(&store).await;
    assert_eq!(store.balance(&from).await, (10_000, 6_000));
    assert_eq!(store.balance(&to).await, (0, 0));
    let until = payment.expires_at.unwrap() - payment.updated_at;
    assert_eq!(until, WorkPolicy::default().hold_for);
    assert_eq!(store.journal.entries_of(payment.id).await.unwrap(), []);
    // What is held can't be spent, nor held again.
    for other in [transfer(&from, &to, "40.01"), transfer(&from, &to, "40.01").held()] {
        let failed = store.worked(other).await;
        assert_eq!(failed.failure.map(|failure| failure.code), Some(Reason::InsufficientFunds));
    }
    assert_eq!(store.worked(transfer(&from, &to, "40.00")).await.status, Status::Success);
    assert!(store.work(&[payment.id]).await.is_empty(), "its time is not over");
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_that_has_ended_is_no_longer_due(store: StoreUnderTest) {
    let now = store.time(store.now().await);
    let row = |id: PaymentId| {
        let id = store.id(id.0);
        format!("INSERT INTO due (payment_id, republish_at) VALUES ({id}, {now})")
    };
    let (from, to, payment) = held(&store).await;
    let other = store.worked(transfer(&from, &to, "10.00").held()).await;
    for id in [payment.id, other.id] {
        store.refuses(row(id)).await;
    }
    captured(&store, payment.id, Some(1)).await;
    store.each(&[other.id], |book, id| void(book, id, &Actor::Operator).unwrap()).await;
    // There is room for a row again.
    for id in [payment.id, other.id] {
        store.run(row(id)).await;
    }
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_is_captured_whole(store: StoreUnderTest) {
    let (from, to, payment) = held(&store).await;
    let done = captured(&store, payment.id, None).await;
    assert_eq!((done.status, done.captured_minor), (Status::Success, Some(6_000)));
    assert_eq!(done.expires_at, payment.expires_at);
    assert_eq!(store.balance(&from).await, (4_000, 0));
    assert_eq!(store.balance(&to).await, (6_000, 0));
    assert_eq!(captured(&store, payment.id, Some(6_000)).await, done, "again changes nothing");
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_is_captured_in_part_and_the_rest_given_back(store: StoreUnderTest) {
    let (from, to, payment) = held(&store).await;
    let beyond = store
        .each(&[payment.id], |book, id| {
            assert_eq!(
                capture(book, id, Some(6_001), &Actor::Operator),
                Err(HoldError::ExceedsAuthorization)
            );
        })
        .await;
    assert!(beyond.is_empty());
    let done = captured(&store, payment.id, Some(2_500)).await;
    assert_eq!((done.status, done.captured_minor), (Status::Success, Some(2_500)));
    assert_eq!((done.debit, done.credit), (payment.debit, payment.credit));
    assert_eq!(store.balance(&from).await, (7_500, 0));
    assert_eq!(store.balance(&to).await, (2_500, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_part_of_a_converted_hold_credits_its_share(store: StoreUnderTest) {
    let [usd, jpy] = open_liquidity(&store, ["USD", "JPY"]).await;
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "JPY").await;
    let payment = store.worked(conversion(&from, &to, "10.00", "149.99").held()).await;
    assert_eq!(payment.status, Status::Authorized);
    assert_eq!(store.balance(&from).await, (10_000, 1_000));
    let done = captured(&store, payment.id, Some(333)).await;
    assert_eq!((done.debit, done.credit), (payment.debit, payment.credit));
    // ⌊1499 × 333 ÷ 1000⌋.
    for (account, posted) in [(&from, 9_667), (&usd, 333), (&jpy, -499), (&to, 499)] {
        assert_eq!(store.balance(account).await, (posted, 0));
    }
    assert_ledger_holds(&store).await;
}

pub async fn a_voided_hold_is_given_back(store: StoreUnderTest) {
    let (from, to, payment) = held(&store).await;
    let voided =
        |book: &mut paygate_core::book::Book, id| void(book, id, &Actor::Operator).unwrap();
    store.each(&[payment.id], voided).await;
    assert_eq!(store.payment(payment.id).await.status, Status::Voided);
    assert_eq!(store.balance(&from).await, (10_000, 0));
    assert!(store.each(&[payment.id], voided).await.is_empty(), "again changes nothing");
    let late = store
        .each(&[payment.id], |book, id| {
            assert_eq!(
                capture(book, id, None, &Actor::Operator),
                Err(HoldError::NotAuthorized(Status::Voided))
            );
        })
        .await;
    assert!(late.is_empty());
    assert_eq!(store.balance(&to).await, (0, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_is_due_when_it_expires(store: StoreUnderTest) {
    let (_, _, payment) = held(&store).await;
    let at = payment.expires_at.unwrap();
    assert_eq!(store.take_all().await, [], "not before");
    assert!(store.is_due_between(payment.id, at, at).await, "not at {at}");
    // By a watch, too, should its authorization's own row be lost.
    let id = store.id(payment.id.0);
    store.run(format!("DELETE FROM due WHERE payment_id = {id}")).await;
    assert_eq!(store.ripen_all().await, 1);
    assert!(store.is_due_between(payment.id, at, at).await, "not at {at}");
    assert_eq!(store.take_all().await, []);
    assert_eq!(store.due.oldest().await.unwrap(), None, "what is held keeps nobody waiting");
    assert_ledger_holds(&store).await;
}

pub async fn an_expired_hold_is_taken_and_given_back(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let ids = store.created(&[transfer(&from, &to, "60.00").held()]).await;
    let policy = WorkPolicy { hold_for: TimeDelta::milliseconds(400), ..WorkPolicy::default() };
    store.work_by(&ids, &policy).await;
    let at = store.payment(ids[0]).await.expires_at.unwrap();
    let taken = eventually("the end of the hold", async || {
        Some(store.take_all().await).filter(|taken| !taken.is_empty())
    })
    .await;
    assert!(store.now().await >= at, "taken before its time");
    assert_eq!(taken, ids);
    store.work(&ids).await;
    let payment = store.payment(ids[0]).await;
    assert_eq!((payment.status, payment.expires_at), (Status::Expired, Some(at)));
    assert_eq!(store.balance(&from).await, (10_000, 0));
    assert_eq!(store.ripen_all().await, 0);
    assert!(!store.is_due(ids[0]).await);
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_whose_time_is_over_is_not_captured(store: StoreUnderTest) {
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "USD").await;
    let id = store.created_one(transfer(&from, &to, "60.00").held()).await;
    let over = WorkPolicy { hold_for: TimeDelta::seconds(-1), ..WorkPolicy::default() };
    store.work_by(&[id], &over).await;
    assert_eq!(store.payment(id).await.status, Status::Authorized);
    assert!(
        store
            .is_due_between(id, store.payment(id).await.expires_at.unwrap(), store.now().await)
            .await
    );
    store
        .each(&[id], |book, id| {
            assert_eq!(
                capture(book, id, None, &Actor::Operator),
                Err(HoldError::NotAuthorized(Status::Expired))
            );
        })
        .await;
    assert_eq!(store.payment(id).await.status, Status::Expired);
    assert_eq!(store.balance(&from).await, (10_000, 0));
    assert_ledger_holds(&store).await;
}

pub async fn a_hold_may_be_parked_and_brought_back(store: StoreUnderTest) {
    let (from, to, payment) = held(&store).await;
    let over = store.created_one(transfer(&from, &to, "1.00").held()).await;
    let past = WorkPolicy { hold_for: TimeDelta::seconds(-1), ..WorkPolicy::default() };
    store.work_by(&[over], &past).await;
    let counted = store.quarantine.redelivered(vec![payment.id, over], i32::MAX).await.unwrap();
    let once = Redelivered { id: over, times: 1 };
    assert_eq!(counted, [once], "a hold that stands has done what its hint asked for");
    store.work(&[over]).await;
    assert!(store.quarantine.park(payment.id, "poison").await.unwrap());
    assert_eq!(store.quarantine.parked(10).await.unwrap().len(), 1);
    store.take_all().await;
    assert!(store.quarantine.unpark(payment.id).await.unwrap());
    assert_eq!(store.take_all().await, [payment.id]);
    assert_eq!(store.balance(&from).await, (10_000, 6_000));
    assert_ledger_holds(&store).await;
}

/// Captures and voids at once: one of them has its way.
pub async fn concurrent_captures_and_voids_have_one_effect(store: StoreUnderTest) {
    for _ in 0..10 {
        let (from, to, payment) = held(&store).await;
        let tasks: Vec<_> = (1..=8)
            .map(|number| {
                let (payments, id) = (Arc::clone(&store.payments), payment.id);
                let decide = silent(move |book| {
                    // All but one come too late, and are told so.
                    let _ = match number % 2 {
                        0 => void(book, id, &Actor::Operator),
                        _ => capture(book, id, Some(number * 100), &Actor::Operator),
                    };
                });
                tokio::spawn(async move {
                    payments.transact(vec![id], Loads::Accounts, decide).await.unwrap().changes
                })
            })
            .collect();
        let mut entries = 0;
        let mut transitions = 0;
        for task in tasks {
            let changes = task.await.unwrap();
            entries += changes.entries.len();
            transitions += changes.transitions.len();
        }
        let done = store.payment(payment.id).await;
        assert_eq!((transitions, entries), (1, usize::from(done.status == Status::Success)));
        let captured = done.captured_minor.unwrap_or(0);
        assert_eq!(store.balance(&from).await, (10_000 - captured, 0));
        assert_eq!(store.balance(&to).await, (captured, 0));
    }
    assert_ledger_holds(&store).await;
}
