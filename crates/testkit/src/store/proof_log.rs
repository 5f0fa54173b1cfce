//! `ProofLog`: one of many begins a proof, from where the last one ended.

use super::helpers::eventually;
use super::under_test::StoreUnderTest;
use chrono::{DateTime, TimeDelta};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

pub async fn the_first_proof_begins_at_the_beginning(store: StoreUnderTest) {
    let from = store.proofs.begin(HOUR).await.unwrap().unwrap();
    assert!(from <= DateTime::UNIX_EPOCH, "{from}");
    assert_eq!(store.proofs.begin(HOUR).await.unwrap(), None, "one was begun a moment ago");
    // It was never recorded: the next begins where it did.
    assert_eq!(store.proofs.begin(Duration::ZERO).await.unwrap(), Some(from));
}

pub async fn the_next_proof_begins_where_the_last_one_ended(store: StoreUnderTest) {
    let to = store.now().await - TimeDelta::seconds(7);
    store.proofs.record(to).await.unwrap();
    assert_eq!(store.proofs.begin(Duration::ZERO).await.unwrap(), Some(to));
    store.proofs.record(to - TimeDelta::seconds(1)).await.unwrap();
    assert_eq!(store.proofs.begin(Duration::ZERO).await.unwrap(), Some(to), "it never goes back");
    let later = to + TimeDelta::microseconds(1);
    store.proofs.record(later).await.unwrap();
    assert_eq!(store.proofs.begin(Duration::ZERO).await.unwrap(), Some(later));
}

pub async fn a_proof_is_begun_again_when_its_time_has_come(store: StoreUnderTest) {
    assert!(store.proofs.begin(HOUR).await.unwrap().is_some());
    let every = Duration::from_millis(300);
    let begun = store.now().await;
    eventually("the next proof", async || store.proofs.begin(every).await.unwrap()).await;
    let waited = store.now().await - begun;
    // The first was begun a little before `begun` was read.
    assert!(waited >= TimeDelta::milliseconds(200), "after {waited}");
}

pub async fn of_many_who_ask_at_once_one_begins(store: StoreUnderTest) {
    for _ in 0..5 {
        // All others come within the hour; the first of a round comes after it, as it were.
        store
            .run(format!("UPDATE ledger_proof SET begun_at = {}", store.time(DateTime::UNIX_EPOCH)))
            .await;
        let callers: Vec<_> = (0..12)
            .map(|_| {
                let proofs = Arc::clone(&store.proofs);
                tokio::spawn(async move { proofs.begin(HOUR).await.unwrap() })
            })
            .collect();
        let mut begun = 0;
        for caller in callers {
            begun += usize::from(caller.await.unwrap().is_some());
        }
        assert_eq!(begun, 1);
    }
}

pub async fn a_proof_that_is_under_way_is_left_to_itself_for_a_while(store: StoreUnderTest) {
    let begun_ago = async |ago: TimeDelta| {
        let begun = store.time(store.now().await - ago);
        store.run(format!("UPDATE ledger_proof SET begun_at = {begun}")).await;
    };
    let every = Duration::from_secs(60);
    assert!(store.proofs.begin(every).await.unwrap().is_some());
    begun_ago(TimeDelta::seconds(300)).await;
    assert_eq!(store.proofs.begin(every).await.unwrap(), None, "it may take longer");
    store.proofs.record(store.now().await).await.unwrap();
    assert!(store.proofs.begin(every).await.unwrap().is_some(), "it has ended");
    begun_ago(TimeDelta::seconds(601)).await;
    assert!(store.proofs.begin(every).await.unwrap().is_some(), "it is taken for dead");
}
