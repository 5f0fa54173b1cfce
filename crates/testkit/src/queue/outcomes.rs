//! Rules of announcing outcomes.

use super::OutcomesUnderTest;
use super::helpers::DEADLINE;
use crate::build;
use futures_util::FutureExt;
use futures_util::future::join_all;
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_ports::{Outcome, Waiting};
use tokio::time::timeout;

fn success(id: PaymentId) -> Outcome {
    Outcome { id, status: Status::Success }
}

async fn woken(waiting: Waiting) {
    timeout(DEADLINE, waiting).await.expect("woken in time");
}

pub async fn who_waits_before_the_announcement_is_woken(o: OutcomesUnderTest) {
    let outcomes = (o.process)().await;
    for status in Status::ALL {
        let id = build::payment_id();
        // The first is not polled before it has been told.
        let (first, second) = (outcomes.wait_for(id), outcomes.wait_for(id));
        outcomes.announce(&[Outcome { id, status: *status }]).await.unwrap();
        woken(second).await;
        assert!(first.now_or_never().is_some());
    }
}

pub async fn who_waits_for_another_payment_is_not_woken(o: OutcomesUnderTest) {
    let outcomes = (o.process)().await;
    let (one, other) = (build::payment_id(), build::payment_id());
    let waiting = outcomes.wait_for(other);
    for _ in 0..3 {
        let told = outcomes.wait_for(one);
        outcomes.announce(&[success(one)]).await.unwrap();
        woken(told).await;
    }
    assert!(waiting.now_or_never().is_none());
}

pub async fn all_who_wait_for_a_batch_are_woken(o: OutcomesUnderTest) {
    let outcomes = (o.process)().await;
    let batch: Vec<_> = (0..500).map(|_| success(build::payment_id())).collect();
    let waiting: Vec<_> =
        batch.iter().chain(&batch).map(|outcome| outcomes.wait_for(outcome.id)).collect();
    outcomes.announce(&batch).await.unwrap();
    join_all(waiting.into_iter().map(woken)).await;
}

pub async fn an_announcement_that_nobody_waits_for_is_fine(o: OutcomesUnderTest) {
    let outcomes = (o.process)().await;
    outcomes.announce(&[success(build::payment_id())]).await.unwrap();
    outcomes.announce(&[]).await.unwrap();
    let id = build::payment_id();
    drop(outcomes.wait_for(id));
    outcomes.announce(&[success(id)]).await.unwrap();
    let waiting = outcomes.wait_for(id);
    outcomes.announce(&[success(id)]).await.unwrap();
    woken(waiting).await;
}

pub async fn every_process_hears_every_announcement(o: OutcomesUnderTest) {
    let (one, other) = ((o.process)().await, (o.process)().await);
    for announcer in [&one, &other] {
        let id = build::payment_id();
        let waiting = [one.wait_for(id), other.wait_for(id)];
        announcer.announce(&[success(id)]).await.unwrap();
        join_all(waiting.into_iter().map(woken)).await;
    }
}

pub async fn concurrent_announcements_are_all_heard(o: OutcomesUnderTest) {
    let outcomes = (o.process)().await;
    let ids: Vec<_> = (0..200).map(|_| build::payment_id()).collect();
    let waiting: Vec<_> = ids.iter().map(|id| outcomes.wait_for(*id)).collect();
    let announcing = ids.into_iter().map(|id| {
        let outcomes = outcomes.clone();
        tokio::spawn(async move { outcomes.announce(&[success(id)]).await.unwrap() })
    });
    for announced in announcing.collect::<Vec<_>>() {
        announced.await.unwrap();
    }
    join_all(waiting.into_iter().map(woken)).await;
}
