//! Many callers at once, and callers that go away.

use super::helpers::{Gate, settled};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{Having, merchant_account, new_payment, open_usd_pair, payment_id};
use paygate_core::book::{Book, Changes};
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::kind::Kind;
use paygate_core::payment::NewPayment;
use paygate_core::provider::{ClaimPolicy, Verdict, claim};
use paygate_core::status::Status;
use paygate_ports::silent;
use paygate_ports::{Accepted, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

fn spawn_accept(store: &StoreUnderTest, batch: Vec<NewPayment>) -> JoinHandle<Vec<Accepted>> {
    let payments = Arc::clone(&store.payments);
    tokio::spawn(async move { payments.accept(batch).await.unwrap() })
}

fn spawn_transact(
    store: &StoreUnderTest,
    ids: Vec<PaymentId>,
    decide: impl Fn(&mut Book) + Send + Sync + 'static,
) -> JoinHandle<Result<Changes, StoreError>> {
    let payments = Arc::clone(&store.payments);
    tokio::spawn(async move {
        Ok(payments.transact(ids, Loads::Accounts, silent(decide)).await?.changes)
    })
}

fn approve_all(book: &mut Book) {
    for id in book.payment_ids() {
        settled(book, id, Verdict::Approved);
    }
}

fn created(answer: &Accepted) -> bool {
    matches!(answer, Accepted::Created(_))
}

pub async fn concurrent_twins_by_key_are_created_once(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for round in 0..5 {
        let first = pair.charge("5.00").with_key(&format!("k{round}"), 1);
        let twins: Vec<_> = (0..20).map(|_| first.clone().with_id(payment_id())).collect();
        let callers: Vec<_> =
            twins.iter().map(|twin| spawn_accept(&store, vec![twin.clone()])).collect();
        let mut owners = BTreeSet::new();
        let mut created_count = 0;
        for (caller, twin) in callers.into_iter().zip(&twins) {
            match caller.await.unwrap().remove(0) {
                Accepted::Created(_) => {
                    created_count += 1;
                    owners.insert(twin.id);
                }
                Accepted::Replayed(record) => drop(owners.insert(record.payment.id)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((created_count, owners.len()), (1, 1), "all mean the same payment");
    }
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_twins_by_reference_are_created_once(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for round in 0..5 {
        let reference = format!("r{round}");
        let twins: Vec<_> =
            (0..20).map(|_| pair.charge("5.00").with_reference(&reference)).collect();
        let callers: Vec<_> =
            twins.iter().map(|twin| spawn_accept(&store, vec![twin.clone()])).collect();
        let mut owners = BTreeSet::new();
        let mut created_count = 0;
        for (caller, twin) in callers.into_iter().zip(&twins) {
            match caller.await.unwrap().remove(0) {
                Accepted::Created(_) => {
                    created_count += 1;
                    owners.insert(twin.id);
                }
                Accepted::ReferenceTaken { existing } => drop(owners.insert(existing)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((created_count, owners.len()), (1, 1), "all mean the same payment");
    }
    assert_ledger_holds(&store).await;
}

pub async fn accepts_in_opposing_orders_do_not_fail(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let mut batch: Vec<_> = (0..50)
                .map(|number| {
                    let payment = pair.charge("1.00").with_reference(&format!("r{number}"));
                    payment.with_key(&format!("caller-{caller}-{number}"), 1)
                })
                .collect();
            if caller % 2 == 1 {
                batch.reverse();
            }
            batch.rotate_left(caller * 7 % 50);
            spawn_accept(&store, batch)
        })
        .collect();
    let mut created_count = 0;
    for caller in callers {
        for answer in caller.await.unwrap() {
            let taken = matches!(answer, Accepted::ReferenceTaken { .. });
            assert!(created(&answer) || taken, "{answer:?}");
            created_count += usize::from(created(&answer));
        }
    }
    assert_eq!(created_count, 50);
    assert_ledger_holds(&store).await;
}

pub async fn two_workers_with_the_same_ids_have_one_effect(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(50)).await;
    let mut reversed = ids.clone();
    reversed.reverse();
    let workers =
        [ids.clone(), reversed, ids.clone()].map(|ids| spawn_transact(&store, ids, approve_all));
    let mut settled_count = 0;
    for worker in workers {
        settled_count += worker.await.unwrap().unwrap().payments.len();
    }
    assert_eq!(settled_count, 50);
    let account = store.accounts.account(pair.merchant.id).await.unwrap().unwrap();
    assert_eq!(account.posted_minor, 5_000);
    assert_ledger_holds(&store).await;
}

/// No payment is shared, so only the accounts' own locks keep the balances right.
pub async fn different_payments_on_the_same_accounts_are_posted_one_after_the_other(
    store: StoreUnderTest,
) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(60)).await;
    let workers: Vec<_> =
        ids.iter().map(|id| spawn_transact(&store, vec![*id], approve_all)).collect();
    for worker in workers {
        assert_eq!(worker.await.unwrap().unwrap().entries.len(), 1);
    }
    let account = store.accounts.account(pair.merchant.id).await.unwrap().unwrap();
    assert_eq!((account.posted_minor, account.last_seq), (6_000, 60));
    assert_ledger_holds(&store).await;
}

pub async fn a_payment_is_claimed_by_one_of_many(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(10)).await;
    let workers: Vec<_> = (0..8)
        .map(|_| {
            spawn_transact(&store, ids.clone(), |book| {
                for id in book.payment_ids() {
                    claim(book, id, &ClaimPolicy::default()).unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    for id in ids {
        assert_eq!(store.payment(id).await.attempts, 1);
    }
    assert_ledger_holds(&store).await;
}

pub async fn transacts_in_opposing_orders_do_not_fail(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let other = merchant_account("other", "USD");
    let other = store.accounts.open(vec![other]).await.unwrap().remove(0);
    let funds = pair.charge("1000.00");
    let funds = [funds.clone().with_reference("f"), funds.with_id(payment_id())];
    let [first, second] = funds;
    let funded = store.created(&[first, second.with_destination(other.id)]).await;
    store.approve(&funded).await;

    let transfers: Vec<_> = (1..=60)
        .map(|number| {
            let (from, to) = match number % 2 {
                0 => (pair.merchant.id, other.id),
                _ => (other.id, pair.merchant.id),
            };
            let amount = crate::build::money(&format!("{number}.00"), "USD");
            new_payment(from, to, amount).with_kind(Kind::Transfer)
        })
        .collect();
    let ids = store.created(&transfers).await;
    let workers: Vec<_> = (0..24)
        .map(|worker| {
            // A different half of them for each worker, in an order of its own.
            let mut half = ids.clone();
            half.rotate_left(worker * 17 % 60);
            half.truncate(30);
            if worker % 2 == 1 {
                half.reverse();
            }
            spawn_transact(&store, half, approve_all)
        })
        .collect();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    for id in ids {
        assert_eq!(store.payment(id).await.status, Status::Success);
    }
    let mut balances = Vec::new();
    for account in [pair.merchant.id, other.id] {
        balances.push(store.accounts.account(account).await.unwrap().unwrap().posted_minor);
    }
    // Odd numbers went one way, even ones the other: 30.00 more.
    assert_eq!(balances, [100_000 - 3_000, 100_000 + 3_000]);
    assert_ledger_holds(&store).await;
}

pub async fn a_caller_that_goes_away_strands_nothing(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    // More often than any pool has connections.
    for round in 0..40 {
        let (entered, mut inside) = mpsc::unbounded_channel();
        let gate = Gate::default();
        let closed = gate.clone();
        let first = spawn_transact(&store, ids.clone(), move |_| {
            let _ = entered.send(());
            closed.pass();
        });
        inside.recv().await.unwrap();
        let mut second = spawn_transact(&store, ids[..1].to_vec(), approve_all);
        // Goes away at ever other moments of its wait.
        let waits = tokio::time::timeout(Duration::from_millis(round % 8), &mut second).await;
        assert!(waits.is_err(), "the second caller did not wait for the lock: {waits:?}");
        second.abort();
        if round % 2 == 0 {
            first.abort();
        }
        gate.open();
    }
    let changes = store.approve(&ids).await;
    assert!(changes.payments.iter().any(|payment| payment.id == ids[1]));
    assert_eq!(store.payment(ids[0]).await.status, Status::Success);
    assert_ledger_holds(&store).await;
}

pub async fn an_abandoned_accept_can_be_repeated(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for round in 0..40 {
        let batch = pair.charges(3);
        let accept = store.payments.accept(batch.clone());
        // Whether it ends in time or not, it may be repeated.
        let _ = tokio::time::timeout(Duration::from_micros(round * 50), accept).await;
        store.created(&batch).await;
    }
    assert_ledger_holds(&store).await;
}
