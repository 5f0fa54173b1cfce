//! What a worker does with messages: each is acknowledged after its effect, whatever the effect is.

use crate::rig::{LOCKING, Rig, rest};
use paygate_app::WorkerConfig;
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::{HintOut, PaymentQueue, TraceContext};
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

async fn hint(rig: &Rig, id: PaymentId) {
    let hint = HintOut { id, context: TraceContext::default() };
    rig.queue.inner.publish(vec![hint]).await.unwrap();
}

#[tokio::test]
async fn an_unparsable_message_is_dead_lettered_and_its_neighbours_go_on() {
    let rig = Rig::new().await;
    let first = rig.accept(100).await;
    rig.queue.inner.push_raw("not json");
    let last = rig.accept(100).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert!(rig.all(&[first, last], Status::Success));
    let letters = rig.queue.inner.dead_letters();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.body, b"not json");
    assert!(!letter.reason.is_empty());
    assert_eq!(rig.queue.inner.unacked(), 0);
    worker.stop().await;
}

#[tokio::test]
async fn an_unparsable_message_is_not_acknowledged_before_its_dead_letter_is_written() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().dead_letters_fail.store(true, Ordering::SeqCst);
    rig.queue.inner.push_raw("not json");
    rest().await;
    rig.pass(Duration::from_secs(5)).await;
    assert_eq!((rig.queue.inner.unacked(), rig.queue.inner.dead_letters().len()), (1, 0));
    worker.deliveries().dead_letters_fail.store(false, Ordering::SeqCst);
    rig.pass(Duration::from_secs(1)).await;
    assert_eq!((rig.queue.inner.unacked(), rig.queue.inner.dead_letters().len()), (0, 1));
    worker.stop().await;
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_written_holds_up_nobody() {
    let rig = Rig::new().await;
    rig.queue.inner.push_raw("not json");
    let id = rig.accept(100).await;
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().dead_letters_fail.store(true, Ordering::SeqCst);
    rest().await;
    assert_eq!(rig.store.status(id), Status::Success);
}

#[tokio::test]
async fn hints_of_unknown_settled_and_leased_payments_are_acknowledged() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    rig.acquirer
        .usually(crate::rig::acquirer::Plan::AtGate(Box::new(crate::rig::acquirer::Plan::Approve)));
    let worker = rig.worker(WorkerConfig::default());
    let id = rig.accept(100).await;
    rest().await;
    hint(&rig, id).await;
    hint(&rig, PaymentId(Uuid::from_u128(1))).await;
    rest().await;
    assert_eq!((rig.queue.inner.unacked(), rig.payment(id).attempts), (0, 1));
    rig.acquirer.gate.open();
    rest().await;
    hint(&rig, id).await;
    rest().await;
    assert_eq!((rig.queue.inner.unacked(), rig.acquirer.authorizations(id)), (0, 1));
    worker.stop().await;
}

#[tokio::test]
async fn a_message_that_names_a_payment_twice_settles_it_once() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    for _ in 0..3 {
        hint(&rig, id).await;
    }
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!((rig.store.status(id), rig.acquirer.authorizations(id)), (Status::Success, 1));
    worker.stop().await;
}

#[tokio::test]
async fn a_redelivered_message_settles_once() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    worker.deliveries().acks_fail.store(true, Ordering::SeqCst);
    let ids = rig.accept_many(5).await;
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    assert_eq!(rig.queue.inner.unacked(), 5);
    worker.deliveries().acks_fail.store(false, Ordering::SeqCst);
    rig.queue.inner.redeliver_unacked();
    rest().await;
    assert_eq!(rig.queue.inner.unacked(), 0);
    assert_eq!(rig.merchant_minor(), 500);
    assert_eq!(rig.rows("payments WHERE redeliveries > 0"), 0, "what is settled is not counted");
    worker.stop().await;
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_after_a_moment() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.deliveries().breaks.store(2, Ordering::SeqCst);
    // Taken by the `next` that waits already; then two fail.
    let first = rig.accept(100).await;
    rest().await;
    let second = rig.accept(100).await;
    rest().await;
    assert!(rig.all(&[first], Status::Success) && rig.all(&[second], Status::Pending));
    rig.pass(Duration::from_millis(200)).await;
    rig.pass(Duration::from_millis(200)).await;
    assert!(rig.all(&[second], Status::Success));
    worker.stop().await;
}

#[tokio::test]
async fn a_full_queue_is_claimed_in_batches_of_the_configured_size() {
    let rig = Rig::new().await;
    let ids = rig.accept_many(25).await;
    let worker = rig.worker(WorkerConfig { batch: 10, ..WorkerConfig::default() });
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    let transacts = rig.faults.named(&LOCKING);
    assert!(transacts.iter().all(|ids| ids.len() <= 10), "{transacts:?}");
    assert!(transacts.len() <= 8, "{transacts:?}");
    worker.stop().await;
}

#[tokio::test]
async fn a_message_of_many_ids_is_claimed_in_batches_too() {
    let rig = Rig::with(MemoryQueueConfig::default()).await;
    let ids = rig.accept_many(20).await;
    let worker = rig.worker(WorkerConfig { batch: 8, ..WorkerConfig::default() });
    rest().await;
    assert!(rig.all(&ids, Status::Success));
    let transacts = rig.faults.named(&LOCKING);
    assert!(transacts.iter().all(|ids| ids.len() <= 8), "{transacts:?}");
    worker.stop().await;
}
