//! Two workers on one queue and one store, truly beside each other: each payment settles once.

use crate::rig::acquirer::Plan;
use crate::rig::{Rig, eventually};
use paygate_app::{SweeperConfig, WorkerConfig};
use paygate_core::status::Status;
use paygate_ports::{HintOut, PaymentQueue, TraceContext};

/// Every payment is hinted three times, to whichever worker takes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_settle_each_payment_once() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(300).await;
    for _ in 0..2 {
        let hint = |id: &_| HintOut { id: *id, context: TraceContext::default() };
        rig.queue.inner.publish(ids.iter().rev().map(hint).collect()).await.unwrap();
    }
    let config = || WorkerConfig { batch: 16, ..WorkerConfig::default() };
    let workers = [rig.worker(config()), rig.worker(config())];
    eventually(|| rig.all(&ids, Status::Success) && rig.queue.inner.unacked() == 0).await;
    for worker in workers {
        worker.stop().await;
    }
    assert!(ids.iter().all(|id| rig.acquirer.authorizations(*id) == 1));
    // A worker that stops does not wait for its announcements.
    eventually(|| rig.announced().len() >= ids.len()).await;
    assert_eq!(rig.announced().len(), ids.len());
    assert_eq!(rig.merchant_minor(), 30_000);
}

/// The broker gives everything back again and again while two workers and two sweepers are at it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redeliveries_between_workers_settle_each_payment_once() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(200).await;
    for (place, id) in ids.iter().enumerate() {
        match place % 4 {
            0 => rig.acquirer.plan(*id, [Plan::NoAnswer, Plan::NoAnswer]),
            1 => rig.acquirer.plan(*id, [Plan::TakenWithoutAnswer]),
            _ => {}
        }
    }
    // Parking would be right here, too; this is about the ledger.
    let config = || WorkerConfig { batch: 16, parked_at: i32::MAX, ..WorkerConfig::default() };
    let workers = [rig.worker(config()), rig.worker(config())];
    let sweepers = [0, 1].map(|_| rig.sweeper(SweeperConfig::default()));
    eventually(|| {
        rig.queue.inner.redeliver_unacked();
        rig.clock.advance(std::time::Duration::from_millis(100));
        rig.all(&ids, Status::Success)
    })
    .await;
    for running in workers.into_iter().chain(sweepers) {
        running.stop().await;
    }
    assert_eq!(rig.merchant_minor(), 20_000);
}
