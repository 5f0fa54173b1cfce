//! Rules of taking messages.

use super::helpers::{DEADLINE, hint, hints, ids_in, ids_of, next, tags, take};
use super::{IDS_PER_MESSAGE, QueueUnderTest};
use futures_util::FutureExt;
use paygate_ports::Deliveries;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

pub async fn next_fills_a_batch_with_what_is_ready_and_no_more(q: QueueUnderTest) {
    let consumer = (q.consumer)();
    let mut filled = false;
    // What is ready may still be on its way for a moment; so this may need some attempts.
    for _ in 0..200 {
        q.queue.publish(hints(5 * IDS_PER_MESSAGE)).await.unwrap();
        let mut left = 5;
        while left > 0 {
            let batch = next(&*consumer, IDS_PER_MESSAGE + 1).await;
            assert!(batch.len() <= 2, "a batch of {} messages", batch.len());
            filled |= batch.len() == 2;
            left -= batch.len();
            consumer.ack(&tags(&batch)).await.unwrap();
        }
        if filled {
            return;
        }
    }
    panic!("no batch was ever filled");
}

pub async fn a_message_larger_than_the_batch_comes_whole(q: QueueUnderTest) {
    q.queue.publish(hints(IDS_PER_MESSAGE)).await.unwrap();
    q.queue.publish(hints(1)).await.unwrap();
    let consumer = (q.consumer)();
    for _ in 0..2 {
        let batch = next(&*consumer, 0).await;
        assert_eq!(batch.len(), 1);
        assert!([1, IDS_PER_MESSAGE].contains(&ids_in(&batch).len()));
    }
}

pub async fn next_waits_for_a_message(q: QueueUnderTest) {
    let consumer: Arc<dyn Deliveries> = (q.consumer)().into();
    let waiting = Arc::clone(&consumer);
    let mut waiting = tokio::spawn(async move { waiting.next(10).await });
    let early = timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "{early:?} from an empty queue");
    let hint = hint();
    q.queue.publish(vec![hint.clone()]).await.unwrap();
    let batch = timeout(DEADLINE, waiting).await.unwrap().unwrap().unwrap();
    assert_eq!(ids_in(&batch), [hint.id]);
}

pub async fn dropping_next_loses_nothing(q: QueueUnderTest) {
    const MESSAGES: usize = 400;
    let queue = Arc::clone(&q.queue);
    let publishing = tokio::spawn(async move {
        let hints = hints(MESSAGES);
        for hint in &hints {
            queue.publish(vec![hint.clone()]).await.unwrap();
        }
        hints
    });
    let consumer = (q.consumer)();
    let mut taken = Vec::new();
    let all = async {
        let mut round = 0u64;
        while taken.len() < MESSAGES {
            // Dropped after the first look, or a little later.
            let batch = if round.is_multiple_of(2) {
                consumer.next(3).now_or_never()
            } else {
                timeout(Duration::from_micros(round % 3_000), consumer.next(3)).await.ok()
            };
            round += 1;
            if let Some(batch) = batch {
                let batch = batch.unwrap();
                consumer.ack(&tags(&batch)).await.unwrap();
                taken.extend(batch);
            } else {
                tokio::task::yield_now().await;
            }
        }
    };
    let in_time = timeout(2 * DEADLINE, all).await.is_ok();
    assert!(in_time, "only {} of {MESSAGES} arrived", taken.len());
    assert!(taken.iter().all(|delivery| !delivery.redelivered));
    assert_eq!(ids_in(&taken), ids_of(&publishing.await.unwrap()));
}

pub async fn two_consumers_share_the_messages(q: QueueUnderTest) {
    let consumers = [(q.consumer)(), (q.consumer)()];
    let hints = hints(200);
    for hint in &hints {
        q.queue.publish(vec![hint.clone()]).await.unwrap();
    }
    let mut taken = Vec::new();
    while taken.len() < hints.len() {
        let [one, other] = &consumers;
        let batch = tokio::select! {
            batch = next(&**one, 7) => { one.ack(&tags(&batch)).await.unwrap(); batch }
            batch = next(&**other, 7) => { other.ack(&tags(&batch)).await.unwrap(); batch }
        };
        taken.extend(batch);
    }
    assert_eq!(ids_in(&taken), ids_of(&hints));
    drop(consumers);
    let last = hint();
    q.queue.publish(vec![last.clone()]).await.unwrap();
    assert_eq!(ids_in(&take(&*(q.consumer)(), 1).await), [last.id]);
}
