//! Redeliveries are counted before anything is tried: what comes back too often is processed alone,
//! then parked.

use crate::rig::{LOCKING, Rig, rest};
use paygate_app::{Worker, WorkerConfig};
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::{HintOut, PaymentQueue, StoreError, TraceContext};
use paygate_testkit::faults::Method;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Two payments of which the first never lets go of who locks it, in one message.
async fn two_of_which_one_hangs() -> (Rig, [PaymentId; 2]) {
    let rig = Rig::with(MemoryQueueConfig::default()).await;
    let ids: [PaymentId; 2] = rig.accept_many(2).await.try_into().unwrap();
    rig.faults.on_any(&LOCKING).naming(ids[0]).always().hangs();
    (rig, ids)
}

/// A worker that dies when the task is aborted: what it has not acknowledged comes again.
fn mortal_worker(rig: &Rig) -> JoinHandle<()> {
    let deliveries = Arc::new(crate::rig::queue::FakeDeliveries::new(rig.queue.inner.deliveries()));
    let ports = rig.ports(deliveries);
    let worker = Worker::new(ports, WorkerConfig::default(), CancellationToken::new());
    tokio::spawn(worker.run(CancellationToken::new()))
}

/// One life of a worker; answers what it tried to lock.
async fn one_life(rig: &Rig) -> Vec<Vec<PaymentId>> {
    rig.faults.forget_calls();
    let worker = mortal_worker(rig);
    rest().await;
    worker.abort();
    rest().await;
    rig.faults.named(&LOCKING)
}

#[tokio::test]
async fn what_comes_back_is_tried_with_the_others_then_alone_then_parked() {
    let (rig, [hanging, other]) = two_of_which_one_hangs().await;
    let (together, alone) = (vec![vec![hanging, other]], vec![vec![hanging]]);
    assert_eq!(one_life(&rig).await, together, "not redelivered");
    assert_eq!(one_life(&rig).await, together, "once");
    assert_eq!(one_life(&rig).await, together, "twice");
    assert_eq!(one_life(&rig).await, alone, "three times");
    assert_eq!(one_life(&rig).await, alone, "four times");
    assert_eq!(rig.store.set_aside(), BTreeMap::new());
    assert!(!one_life(&rig).await.concat().contains(&hanging), "five times");
    assert!(rig.store.set_aside()[&hanging].contains("redelivered 5 times"));
    let letters = rig.queue.inner.dead_letters();
    assert!(
        letters.iter().any(|it| String::from_utf8_lossy(&it.body).contains(&hanging.to_string()))
    );
    assert_eq!(rig.queue.inner.unacked(), 0);
}

#[tokio::test]
async fn neighbours_of_what_kills_the_worker_are_settled_and_not_parked() {
    let (rig, [hanging, other]) = two_of_which_one_hangs().await;
    for _ in 0..8 {
        one_life(&rig).await;
    }
    let parked: Vec<_> = rig.store.set_aside().into_keys().collect();
    assert_eq!(parked, [hanging]);
    assert_eq!(rig.store.status(other), Status::Success);
}

#[tokio::test]
async fn what_is_processed_alone_is_not_processed_with_the_others_as_well() {
    let rig = Rig::with(MemoryQueueConfig::default()).await;
    let ids = rig.accept_many(3).await;
    rig.faults.gate_of(&LOCKING).shut();
    one_life(&rig).await;
    rig.faults.gate_of(&LOCKING).open();
    // One has come back often, and there is a fresh hint of all beside the one that comes again.
    rig.set_payment(ids[1], "redeliveries = 2");
    let hint = |id: &PaymentId| HintOut { id: *id, context: TraceContext::default() };
    rig.queue.inner.publish(ids.iter().map(hint).collect()).await.unwrap();
    let tried = one_life(&rig).await;
    assert_eq!(tried[..2], [vec![ids[1]], vec![ids[0], ids[2]]]);
    assert!(rig.all(&ids, Status::Success));
}

#[tokio::test]
async fn redeliveries_that_cannot_be_counted_are_processed_one_by_one() {
    let rig = Rig::with(MemoryQueueConfig::default()).await;
    let ids = rig.accept_many(3).await;
    rig.faults.gate_of(&LOCKING).shut();
    one_life(&rig).await;
    let uncountable = StoreError::Refused("not countable".to_owned());
    rig.faults.on(Method::Redelivered).always().fails_before_with(uncountable);
    rig.faults.gate_of(&LOCKING).open();
    let tried = one_life(&rig).await;
    for id in &ids {
        assert!(tried.contains(&vec![*id]), "{tried:?}");
    }
    assert!(rig.all(&ids, Status::Success));
}
