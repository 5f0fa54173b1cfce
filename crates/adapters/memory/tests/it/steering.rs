//! What tests can do to the in-process queue, and its bounds.

use paygate_memory::{MemoryQueue, MemoryQueueConfig};
use paygate_ports::{DeadLetter, Deliveries, HealthCheck, PaymentQueue, QueueError};
use paygate_testkit::queue::helpers::{hints, ids_in, ids_of, next, tags};
use std::time::Duration;
use tokio::time::timeout;

fn small() -> MemoryQueue {
    MemoryQueue::new(MemoryQueueConfig {
        max_waiting_ids: 5,
        ids_per_message: 2,
        max_dead_letters: 2,
    })
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_the_rest_arrives() {
    let (queue, hints) = (small(), hints(7));
    let refused = queue.publish(hints.clone()).await;
    assert!(matches!(refused, Err(QueueError::Refused(_))), "{refused:?}");
    assert_eq!(queue.depth().await, Ok(3));
    assert!(queue.publish(hints[5..6].to_vec()).await.is_err());
    let consumer = queue.deliveries();
    let taken = next(&consumer, 5).await;
    assert_eq!(ids_in(&taken), ids_of(&hints[..5]));
    queue.publish(hints[5..].to_vec()).await.unwrap();
    assert_eq!(queue.unacked(), 3);
    consumer.ack(&tags(&taken)).await.unwrap();
    assert_eq!(queue.unacked(), 0);
}

#[tokio::test]
async fn a_queue_that_is_away_fails_and_lets_consumers_wait() {
    let (queue, consumer) = (MemoryQueue::default(), MemoryQueue::deliveries);
    let consumer = consumer(&queue);
    let hints = hints(1);
    queue.publish(hints.clone()).await.unwrap();
    let taken = next(&consumer, 1).await;
    queue.set_available(false);
    let unavailable = |result| matches!(result, Err(QueueError::Unavailable(_)));
    assert!(unavailable(queue.publish(hints.clone()).await));
    assert!(unavailable(queue.depth().await.map(|_| ())));
    assert!(unavailable(consumer.ack(&tags(&taken)).await));
    let letter = DeadLetter { body: Vec::new(), reason: String::new() };
    assert!(unavailable(consumer.dead_letter(letter).await));
    assert!(queue.check().await.is_err());
    assert!(timeout(Duration::from_millis(50), consumer.next(1)).await.is_err());
    let waiting = tokio::spawn(async move { next(&consumer, 1).await });
    queue.set_available(true);
    let again = waiting.await.unwrap();
    assert_eq!(ids_in(&again), ids_of(&hints));
    assert!(again[0].redelivered);
    queue.check().await.unwrap();
}

#[tokio::test]
async fn what_is_unacknowledged_comes_again_on_demand_in_its_order() {
    let queue = small();
    let consumer = queue.deliveries();
    let hints = hints(4);
    queue.publish(hints.clone()).await.unwrap();
    let taken = next(&consumer, 4).await;
    queue.redeliver_unacked();
    consumer.ack(&tags(&taken)).await.unwrap();
    let again = next(&consumer, 4).await;
    assert!(again.iter().all(|delivery| delivery.redelivered));
    let hint = |place: usize| again[place].hint.as_ref().unwrap().ids.clone();
    assert_eq!([hint(0), hint(1)].concat(), ids_of(&hints));
}

#[tokio::test]
async fn the_newest_dead_letters_are_kept() {
    let queue = small();
    let consumer = queue.deliveries();
    for reason in ["1", "2", "3"] {
        let letter = DeadLetter { body: Vec::new(), reason: reason.to_owned() };
        consumer.dead_letter(letter).await.unwrap();
    }
    let kept: Vec<_> = queue.dead_letters().into_iter().map(|letter| letter.reason).collect();
    assert_eq!(kept, ["2", "3"]);
}
