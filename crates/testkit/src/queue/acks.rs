//! Rules of acknowledging.

use super::QueueUnderTest;
use super::helpers::{hint, hints, ids_in, ids_of, tags, take};
use paygate_core::id::PaymentId;
use paygate_ports::{Deliveries, DeliveryTag, HintOut};
use std::sync::Arc;

/// Publishes hints as messages of their own.
async fn publish_apart(q: &QueueUnderTest, hints: &[HintOut]) {
    for hint in hints {
        q.queue.publish(vec![hint.clone()]).await.unwrap();
    }
}

/// Drops a consumer and asserts that of everything so far just these come again, flagged.
async fn assert_again<C>(q: &QueueUnderTest, consumer: C, mut ids: Vec<PaymentId>) {
    drop(consumer);
    let consumer = (q.consumer)();
    let again = take(&*consumer, ids.len()).await;
    ids.sort_unstable();
    assert_eq!(ids_in(&again), ids);
    assert!(again.iter().all(|delivery| delivery.redelivered));
    consumer.ack(&tags(&again)).await.unwrap();
    // If more came again, it would come before this.
    let last = hint();
    q.queue.publish(vec![last.clone()]).await.unwrap();
    assert_eq!(ids_in(&take(&*consumer, 1).await), [last.id]);
}

pub async fn what_is_acknowledged_does_not_come_again(q: QueueUnderTest) {
    publish_apart(&q, &hints(10)).await;
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 10).await;
    consumer.ack(&tags(&deliveries)).await.unwrap();
    consumer.ack(&[]).await.unwrap();
    assert_again(&q, consumer, Vec::new()).await;
}

pub async fn what_is_not_acknowledged_comes_again_flagged(q: QueueUnderTest) {
    let hints = hints(10);
    publish_apart(&q, &hints).await;
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 10).await;
    assert!(deliveries.iter().all(|delivery| !delivery.redelivered));
    assert_again(&q, consumer, ids_of(&hints)).await;
}

pub async fn acknowledgements_out_of_order_count_one_by_one(q: QueueUnderTest) {
    let hints = hints(9);
    publish_apart(&q, &hints).await;
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 9).await;
    let id = |place: usize| deliveries[place].hint.as_ref().unwrap().ids[0];
    for places in [&[4][..], &[8, 1], &[0, 2, 6], &[3, 1]] {
        let tags: Vec<_> = places.iter().map(|place| deliveries[*place].tag).collect();
        consumer.ack(&tags).await.unwrap();
    }
    assert_again(&q, consumer, vec![id(5), id(7)]).await;
}

pub async fn acknowledging_twice_does_no_harm(q: QueueUnderTest) {
    publish_apart(&q, &hints(5)).await;
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 5).await;
    consumer.ack(&tags(&deliveries[..2])).await.unwrap();
    consumer.ack(&tags(&deliveries[..2])).await.unwrap();
    consumer.ack(&tags(&deliveries[1..4])).await.unwrap();
    assert_again(&q, consumer, ids_in(&deliveries[4..])).await;
}

pub async fn concurrent_acknowledgements_do_no_harm(q: QueueUnderTest) {
    let hints = hints(60);
    let consumer: Arc<dyn Deliveries> = (q.consumer)().into();
    for round in 0..20 {
        publish_apart(&q, &hints).await;
        let deliveries = take(&*consumer, hints.len()).await;
        assert!(deliveries.iter().all(|delivery| !delivery.redelivered), "round {round}");
        let acks = deliveries.chunks(2).map(|chunk| {
            let (consumer, tags) = (Arc::clone(&consumer), tags(chunk));
            tokio::spawn(async move { consumer.ack(&tags).await })
        });
        for acked in acks.collect::<Vec<_>>() {
            acked.await.unwrap().unwrap();
        }
    }
    assert_again(&q, consumer, Vec::new()).await;
}

pub async fn tags_of_a_consumer_that_is_gone_are_skipped(q: QueueUnderTest) {
    let hints = hints(5);
    publish_apart(&q, &hints).await;
    let gone = (q.consumer)();
    let stale = tags(&take(&*gone, 5).await);
    drop(gone);
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 5).await;
    consumer.ack(&stale).await.unwrap();
    let never = DeliveryTag { number: u64::MAX, ..deliveries[0].tag };
    consumer.ack(&[never]).await.unwrap();
    assert_again(&q, consumer, ids_of(&hints)).await;
}
