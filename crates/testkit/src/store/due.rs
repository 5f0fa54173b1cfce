//! `DueStore`: what the sweeper walks, takes and forgets. Times are compared with the store's own
//! clock, never with a sleep.

use super::StoreUnderTest;
use super::helpers::{eventually, with_everything};
use crate::build::{assert_ledger_holds, open_usd_pair};
use chrono::TimeDelta;
use paygate_core::book::Book;
use paygate_core::id::PaymentId;
use paygate_core::provider::{ClaimPolicy, claim};
use paygate_core::status::Status;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

fn sorted(mut ids: Vec<PaymentId>) -> Vec<PaymentId> {
    ids.sort();
    ids
}

/// Claims a payment and has it looked at so much later than now.
async fn retried(store: &StoreUnderTest, id: PaymentId, later: TimeDelta) {
    store
        .transact(&[id], move |book: &mut Book| {
            claim(book, id, &ClaimPolicy::default()).unwrap();
            book.retry_at(id, book.now() + later).unwrap();
        })
        .await;
}

/// Makes a payment that is on the list due a while ago.
async fn overdue(store: &StoreUnderTest, id: PaymentId) {
    let past = store.time(store.now().await - TimeDelta::seconds(1));
    let key = store.id(id.0);
    store.run(format!("UPDATE due SET republish_at = {past} WHERE payment_id = {key}")).await;
}

pub async fn a_walk_covers_the_ids_between_its_bounds(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = sorted(store.created(&pair.charges(8)).await);
    let walked = store.due.walk(ids[0], ids[6], 100).await.unwrap();
    assert_eq!((walked.last, walked.found), (Some(ids[5]), 5));
    assert_eq!(sorted(store.take_all().await), ids[1..6]);

    // In steps, over what is due already and what is not.
    let end = PaymentId(Uuid::max());
    let mut at = PaymentId(Uuid::nil());
    let mut steps = Vec::new();
    loop {
        let walked = store.due.walk(at, end, 3).await.unwrap();
        steps.push((walked.last, walked.found));
        let Some(last) = walked.last else { break };
        at = last;
    }
    assert_eq!(steps, [(Some(ids[2]), 1), (Some(ids[5]), 0), (Some(ids[7]), 2), (None, 0)]);
    let walked = store.due.walk(ids[3], ids[4], 100).await.unwrap();
    assert_eq!((walked.last, walked.found), (None, 0), "nothing lies between neighbours");
    assert_ledger_holds(&store).await;
}

pub async fn a_walk_takes_what_is_in_flight_and_not_parked(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = sorted(store.created(&with_everything(pair.charges(6))).await);
    store.claim(&[ids[1]]).await;
    store.approve(&[ids[2]]).await;
    store.decline(&[ids[3]]).await;
    store.moved(&[ids[4]], Status::ManualReview).await;
    assert!(store.quarantine.park(ids[5], "poison").await.unwrap());
    for (id, found) in ids.iter().zip([true, true, false, false, false, false]) {
        assert_eq!(store.walk_one(*id).await, found, "{}", store.payment(*id).await.status);
    }
    assert_eq!(store.take_all().await, [ids[0]], "the claimed one is under its lease");
    assert_ledger_holds(&store).await;
}

pub async fn a_leased_payment_is_due_when_its_lease_ends(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    let (long, ended) = (ids[0], ids[1]);
    store.claim(&[long]).await;
    let policy = ClaimPolicy { lease: TimeDelta::seconds(-60), ..ClaimPolicy::default() };
    store.each(&[ended], move |book, id| claim(book, id, &policy).unwrap()).await;
    assert_eq!(store.walk_all().await, 2);
    assert_eq!(store.take_all().await, [ended]);
    let until = store.payment(long).await.lease_until.unwrap();
    assert!(store.was_due_between(long, until, until).await, "not at {until}");
    assert_ledger_holds(&store).await;
}

pub async fn a_due_payment_keeps_its_time_in_a_walk(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    assert!(store.walk_one(id).await);
    let before = store.now().await + TimeDelta::seconds(5);
    assert_eq!(store.take_all().await, [id]);
    let after = store.now().await + TimeDelta::seconds(5);
    assert!(!store.walk_one(id).await, "it is due already, though later");
    assert!(store.was_due_between(id, before, after).await);
    assert_ledger_holds(&store).await;
}

pub async fn a_retry_is_taken_when_its_time_has_come(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    retried(&store, id, TimeDelta::milliseconds(400)).await;
    let at = store.payment(id).await.lease_until.unwrap();
    let taken = eventually("the retry", async || {
        Some(store.take_all().await).filter(|taken| !taken.is_empty())
    })
    .await;
    assert!(store.now().await >= at, "taken before its time");
    assert_eq!(taken, [id]);
    assert_ledger_holds(&store).await;
}

pub async fn a_retry_moves_a_payment_that_is_due_already(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    assert!(store.walk_one(id).await);
    retried(&store, id, TimeDelta::hours(1)).await;
    assert_eq!(store.take_all().await, []);
    let at = store.payment(id).await.lease_until.unwrap();
    assert!(store.was_due_between(id, at, at).await, "not at {at}");
    retried(&store, id, TimeDelta::hours(1)).await;
    retried(&store, id, TimeDelta::seconds(-1)).await;
    assert_eq!(store.take_all().await, [id]);
    assert_ledger_holds(&store).await;
}

pub async fn the_longest_due_are_taken_first(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(5)).await;
    let seconds_ago = [20, 50, 10, 40, 30];
    for (id, ago) in ids.iter().zip(seconds_ago) {
        retried(&store, *id, TimeDelta::seconds(-ago)).await;
    }
    assert_eq!(store.due.take_due(2).await.unwrap(), [ids[1], ids[3]]);
    assert_eq!(store.due.take_due(2).await.unwrap(), [ids[4], ids[0]]);
    assert_eq!(store.due.take_due(2).await.unwrap(), [ids[2]]);
    assert_ledger_holds(&store).await;
}

pub async fn a_taken_payment_is_due_again_later_and_later(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let waits = [5, 10, 20, 40, 80, 160, 300, 300];
    for (takes, wait) in (1..).zip(waits) {
        let id = store.created_one(pair.charge("1.00")).await;
        assert!(store.walk_one(id).await);
        let wait = TimeDelta::seconds(wait);
        let mut span = (store.now().await, store.now().await);
        for _ in 0..takes {
            overdue(&store, id).await;
            let before = store.now().await;
            assert_eq!(store.due.take_due(1).await.unwrap(), [id]);
            span = (before + wait, store.now().await + wait);
        }
        assert!(store.was_due_between(id, span.0, span.1).await, "take {takes}: not {wait} later");
        store.approve(&[id]).await;
        store.take_all().await;
    }
    assert_ledger_holds(&store).await;
}

pub async fn what_reached_its_end_is_removed(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(6)).await;
    assert_eq!(store.walk_all().await, 6);
    store.approve(&[ids[0]]).await;
    store.decline(&[ids[1]]).await;
    store.moved(&[ids[2]], Status::ManualReview).await;
    assert!(store.quarantine.park(ids[3], "poison").await.unwrap());
    assert_eq!(sorted(store.take_all().await), sorted(ids[4..].to_vec()));
    // A row that was only left unanswered would violate this.
    store.run("UPDATE payments SET parked_at = NULL, parked_reason = NULL".to_owned()).await;
    assert!(store.walk_one(ids[3]).await, "it was taken off the list");
    assert_ledger_holds(&store).await;
}

pub async fn what_reached_its_end_hides_nothing_that_is_due(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = sorted(store.created(&pair.charges(20)).await);
    for (id, ago) in ids.iter().zip((1..=20).rev()) {
        retried(&store, *id, TimeDelta::seconds(-ago)).await;
    }
    // A sweeper takes fewer than it asked for as the end of the list.
    let live = [ids[6], ids[13], ids[14], ids[19]];
    let over: Vec<_> = ids.into_iter().filter(|id| !live.contains(id)).collect();
    store.approve(&over).await;
    assert_eq!(store.due.take_due(3).await.unwrap(), live[..3]);
    assert_eq!(store.due.take_due(3).await.unwrap(), live[3..]);
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_takers_get_different_payments(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(60)).await;
    assert_eq!(store.walk_all().await, 60);
    let started = store.now().await;
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let due = Arc::clone(&store.due);
            tokio::spawn(async move { due.take_due(10).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for taker in takers {
        let some = taker.await.unwrap();
        assert!(some.len() <= 10);
        taken.extend(some);
    }
    taken.extend(store.take_all().await);
    let distinct: BTreeSet<_> = taken.iter().copied().collect();
    assert_eq!(distinct, ids.into_iter().collect());
    // On a machine so slow that they became due again, the first ones may come twice.
    let again = store.now().await >= started + TimeDelta::seconds(5);
    assert!(again || taken.len() == 60, "{} taken", taken.len());
    assert_ledger_holds(&store).await;
}

pub async fn the_oldest_due_payment_is_known(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    assert_eq!(store.due.oldest().await.unwrap(), None);
    let mut ids = Vec::new();
    let mut times = Vec::new();
    for _ in 0..4 {
        let id = store.created_one(pair.charge("1.00")).await;
        times.push(store.payment(id).await.created_at);
        ids.push(id);
    }
    assert_eq!(store.due.oldest().await.unwrap(), None, "no walk has reached them");
    store.walk_all().await;
    assert_eq!(store.due.oldest().await.unwrap(), Some(times[0]));
    store.approve(&[ids[0]]).await;
    assert_eq!(store.due.oldest().await.unwrap(), Some(times[1]));
    store.quarantine.park(ids[1], "poison").await.unwrap();
    assert_eq!(store.due.oldest().await.unwrap(), Some(times[2]));
    store.take_all().await;
    assert_eq!(store.due.oldest().await.unwrap(), Some(times[2]), "due again later");
    store.approve(&ids[2..]).await;
    assert_eq!(store.due.oldest().await.unwrap(), None);
    assert_ledger_holds(&store).await;
}

pub async fn the_stores_time_does_not_stand_still(store: StoreUnderTest) {
    let first = store.now().await;
    let next = eventually("the clock to go on", async || {
        Some(store.now().await).filter(|now| *now != first)
    })
    .await;
    assert!(next > first);
    assert_eq!(next.timestamp_subsec_nanos() % 1_000, 0, "whole microseconds");
}
