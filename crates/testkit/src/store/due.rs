//! `DueStore`: what the sweeper finds, takes and forgets. Times are compared with the store's own
//! clock, never with a sleep.

use super::helpers::{eventually, with_everything};
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{Having, open_usd_pair};
use chrono::TimeDelta;
use paygate_core::book::Book;
use paygate_core::id::PaymentId;
use paygate_core::provider::{ClaimPolicy, claim};
use paygate_core::status::Status;
use paygate_ports::Ripened;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

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

pub async fn what_was_accepted_is_due_when_its_watch_is_ripe(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let first = store.created(&pair.charges(3)).await;
    let second = store.created(&pair.charges(2)).await;
    let ripened = |watches, found| Ripened { watches, found };
    let hour = Duration::from_secs(3600);
    assert_eq!(store.due.ripen(hour, 10).await.unwrap(), ripened(0, 0), "too young");
    assert_eq!(store.due.ripen(Duration::ZERO, 1).await.unwrap(), ripened(1, 3));
    assert_eq!(sorted(store.take_all().await), sorted(first));
    assert_eq!(store.due.ripen(Duration::ZERO, 10).await.unwrap(), ripened(1, 2));
    assert_eq!(sorted(store.take_all().await), sorted(second));
    assert_eq!(store.due.ripen(Duration::ZERO, 10).await.unwrap(), ripened(0, 0), "all is gone");
    assert_ledger_holds(&store).await;
}

pub async fn only_what_is_new_leaves_a_watch(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = with_everything(pair.charges(2));
    store.created(&batch).await;
    // A lost answer, a repeated request, another request under a used key: nothing of it is new.
    let again = |number: &str, hash| {
        let charge = pair.charge("1.00").with_key(number, hash);
        charge.with_reference("order 0")
    };
    store.payments.accept(batch).await.unwrap();
    store.payments.accept(vec![again("key-0", 7), again("key-1", 8)]).await.unwrap();
    let ripened = store.due.ripen(Duration::ZERO, 10).await.unwrap();
    assert_eq!(ripened, Ripened { watches: 1, found: 2 });
    assert_ledger_holds(&store).await;
}

pub async fn a_ripe_watch_finds_what_is_in_flight_and_not_parked(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = sorted(store.created(&with_everything(pair.charges(6))).await);
    store.claim(&[ids[1]]).await;
    store.approve(&[ids[2]]).await;
    store.decline(&[ids[3]]).await;
    store.moved(&[ids[4]], Status::ManualReview).await;
    assert!(store.quarantine.park(ids[5], "poison").await.unwrap());
    assert_eq!(store.ripen_all().await, 2);
    for (id, found) in ids.iter().zip([true, true, false, false, false, false]) {
        assert_eq!(store.is_due(*id).await, found, "{}", store.payment(*id).await.status);
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
    assert_eq!(store.ripen_all().await, 2);
    assert_eq!(store.take_all().await, [ended]);
    let until = store.payment(long).await.lease_until.unwrap();
    assert!(store.is_due_between(long, until, until).await, "not at {until}");
    assert_ledger_holds(&store).await;
}

pub async fn a_due_payment_keeps_its_time_when_a_watch_finds_it(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    retried(&store, id, TimeDelta::hours(1)).await;
    let at = store.payment(id).await.lease_until.unwrap();
    assert_eq!(store.ripen_all().await, 0, "it is due already, though later");
    assert!(store.is_due_between(id, at, at).await);
    assert_ledger_holds(&store).await;
}

pub async fn concurrent_sweepers_look_at_different_watches(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for _ in 0..24 {
        store.created(&pair.charges(2)).await;
    }
    let sweepers: Vec<_> = (0..8)
        .map(|_| {
            let due = Arc::clone(&store.due);
            tokio::spawn(async move { due.ripen(Duration::ZERO, 4).await.unwrap() })
        })
        .collect();
    let mut all = Ripened::default();
    for sweeper in sweepers {
        let ripened = sweeper.await.unwrap();
        assert!(ripened.watches <= 4);
        all.watches += ripened.watches;
        all.found += ripened.found;
    }
    let rest = store.due.ripen(Duration::ZERO, 100).await.unwrap();
    assert_eq!((all.watches + rest.watches, all.found + rest.found), (24, 48));
    assert_eq!(store.take_all().await.len(), 48);
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
    assert_eq!(store.ripen_all().await, 1);
    retried(&store, id, TimeDelta::hours(1)).await;
    assert_eq!(store.take_all().await, []);
    let at = store.payment(id).await.lease_until.unwrap();
    assert!(store.is_due_between(id, at, at).await, "not at {at}");
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
        assert_eq!(store.ripen_all().await, 1);
        let wait = TimeDelta::seconds(wait);
        let mut span = (store.now().await, store.now().await);
        for _ in 0..takes {
            overdue(&store, id).await;
            let before = store.now().await;
            assert_eq!(store.due.take_due(1).await.unwrap(), [id]);
            span = (before + wait, store.now().await + wait);
        }
        assert!(store.is_due_between(id, span.0, span.1).await, "take {takes}: not {wait} later");
        store.approve(&[id]).await;
        store.take_all().await;
    }
    assert_ledger_holds(&store).await;
}

pub async fn what_reached_its_end_is_removed(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(6)).await;
    assert_eq!(store.ripen_all().await, 6);
    store.approve(&[ids[0]]).await;
    store.decline(&[ids[1]]).await;
    store.moved(&[ids[2]], Status::ManualReview).await;
    assert!(store.quarantine.park(ids[3], "poison").await.unwrap());
    assert_eq!(sorted(store.take_all().await), sorted(ids[4..].to_vec()));
    for id in &ids[..4] {
        assert!(!store.is_due(*id).await, "{}", store.payment(*id).await.status);
    }
    assert_ledger_holds(&store).await;
}

pub async fn what_ends_late_is_removed_by_who_ends_it(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(3)).await;
    let past = store.time(store.now().await - TimeDelta::minutes(1));
    store.run(format!("UPDATE payments SET created_at = {past}")).await;
    assert_eq!(store.ripen_all().await, 3);
    store.approve(&[ids[0]]).await;
    store.decline(&[ids[1]]).await;
    let listed =
        [store.is_due(ids[0]).await, store.is_due(ids[1]).await, store.is_due(ids[2]).await];
    assert_eq!(listed, [false, false, true]);
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
    assert_eq!(store.ripen_all().await, 60);
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
    assert_eq!(store.due.oldest().await.unwrap(), None, "no ripe watch has named them");
    store.ripen_all().await;
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
