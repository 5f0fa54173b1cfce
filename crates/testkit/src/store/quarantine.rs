//! `Quarantine`: counting redeliveries, parking and unparking.

use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{open_usd_pair, payment_id};
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_ports::Redelivered;

/// The answer of one more redelivery of these, in the order of the ids.
async fn redelivered(store: &StoreUnderTest, ids: &[PaymentId]) -> Vec<Redelivered> {
    let mut counts = store.quarantine.redelivered(ids.to_vec(), i32::MAX).await.unwrap();
    counts.sort_by_key(|count| count.id);
    counts
}

fn counts(ids: &[PaymentId], times: &[i32]) -> Vec<Redelivered> {
    let mut counts: Vec<_> =
        ids.iter().zip(times).map(|(id, times)| Redelivered { id: *id, times: *times }).collect();
    counts.sort_by_key(|count| count.id);
    counts
}

pub async fn redeliveries_count_for_what_is_in_flight(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(7)).await;
    store.claim(&[ids[1]]).await;
    store.approve(&[ids[2]]).await;
    store.decline(&[ids[3]]).await;
    store.moved(&[ids[4]], Status::ManualReview).await;
    store.quarantine.park(ids[5], "poison").await.unwrap();
    let mut named = ids[..6].to_vec();
    named.extend([payment_id(), ids[0]]);
    assert_eq!(redelivered(&store, &named).await, counts(&ids[..1], &[1]), "[1] is leased");
    assert_eq!(redelivered(&store, &[ids[0], ids[6]]).await, counts(&[ids[0], ids[6]], &[2, 1]));
    assert_eq!(redelivered(&store, &[]).await, []);
    let bounded = store.quarantine.redelivered(ids.clone(), 2).await.unwrap();
    assert!(bounded.contains(&Redelivered { id: ids[0], times: 2 }), "not below: {bounded:?}");
    assert!(bounded.contains(&Redelivered { id: ids[6], times: 2 }), "below: {bounded:?}");
    assert_eq!(store.payment(ids[0]).await.attempts, 0, "redeliveries are no attempts");
    assert_ledger_holds(&store).await;
}

pub async fn a_parked_payment_keeps_its_first_reason(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    assert!(!store.payment(id).await.parked);
    assert!(store.quarantine.park(id, "the 'first' 🦀").await.unwrap());
    assert!(!store.quarantine.park(id, "another").await.unwrap(), "it is parked already");
    assert!(store.payment(id).await.parked);
    let parked = store.quarantine.parked(10).await.unwrap();
    assert_eq!(parked, [(id, "the 'first' 🦀".to_owned())]);
    assert_ledger_holds(&store).await;
}

pub async fn a_parked_payment_is_neither_claimed_nor_due(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(2)).await;
    assert!(store.quarantine.park(ids[0], "poison").await.unwrap());
    let changes = store.claim(&ids).await;
    assert_eq!(changes.payments.iter().map(|payment| payment.id).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(store.ripen_all().await, 1);
    assert!(!store.is_due(ids[0]).await);
    assert_eq!(store.take_all().await, []);
    assert_ledger_holds(&store).await;
}

pub async fn what_is_at_its_end_is_not_parked(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(3)).await;
    store.approve(&[ids[0]]).await;
    store.decline(&[ids[1]]).await;
    store.moved(&[ids[2]], Status::ManualReview).await;
    for id in ids {
        assert!(!store.quarantine.park(id, "too late").await.unwrap());
        assert!(!store.payment(id).await.parked);
    }
    assert!(!store.quarantine.park(payment_id(), "unknown").await.unwrap());
    assert_eq!(store.quarantine.parked(10).await.unwrap(), []);
    assert_ledger_holds(&store).await;
}

pub async fn an_unparked_payment_is_due_with_its_redeliveries_forgotten(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    redelivered(&store, &[id]).await;
    redelivered(&store, &[id]).await;
    store.quarantine.park(id, "poison").await.unwrap();
    assert!(store.quarantine.unpark(id).await.unwrap());
    assert!(!store.quarantine.unpark(id).await.unwrap(), "it was not parked any more");
    assert!(!store.quarantine.unpark(payment_id()).await.unwrap());
    assert!(!store.payment(id).await.parked);
    assert_eq!(store.quarantine.parked(10).await.unwrap(), []);
    assert_eq!(redelivered(&store, &[id]).await, counts(&[id], &[1]));
    assert_eq!(store.take_all().await, [id]);
    assert_eq!(store.claim(&[id]).await.payments.len(), 1);
    assert_ledger_holds(&store).await;
}

pub async fn parked_payments_are_listed_by_id(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let mut ids = store.created(&pair.charges(5)).await;
    for place in [3, 0, 4, 1] {
        store.quarantine.park(ids[place], &format!("reason {place}")).await.unwrap();
    }
    ids.remove(2);
    let expected: Vec<_> = ids
        .into_iter()
        .zip([0, 1, 3, 4])
        .map(|(id, place)| (id, format!("reason {place}")))
        .collect();
    assert_eq!(store.quarantine.parked(10).await.unwrap(), expected);
    assert_eq!(store.quarantine.parked(3).await.unwrap(), expected[..3]);
    assert_ledger_holds(&store).await;
}
