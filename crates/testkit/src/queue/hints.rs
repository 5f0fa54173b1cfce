//! Rules of publishing.

use super::helpers::{hint, hints, ids_in, ids_of, tags, take, until};
use super::{IDS_PER_MESSAGE, QueueUnderTest};
use paygate_ports::{HintOut, TraceContext};
use std::collections::HashMap;
use std::sync::Arc;

/// Hints with contexts of their own, of which some lack a part.
fn hints_in_context(count: usize) -> Vec<HintOut> {
    let context = |n: usize| TraceContext {
        request_id: (n % 3 != 1).then(|| format!("request,{n}")),
        traceparent: (n % 3 != 2).then(|| format!("00-{n:032x}-{n:016x}-01")),
    };
    (0..count).map(|n| HintOut { context: context(n), ..hint() }).collect()
}

pub async fn published_hints_arrive_with_the_context_of_the_first_of_their_message(
    q: QueueUnderTest,
) {
    let hints = hints_in_context(2 * IDS_PER_MESSAGE + 5);
    let contexts: HashMap<_, _> = hints.iter().map(|hint| (hint.id, &hint.context)).collect();
    q.queue.publish(hints.clone()).await.unwrap();
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 3).await;
    assert_eq!(ids_in(&deliveries), ids_of(&hints));
    for delivery in &deliveries {
        let hint = delivery.hint.as_ref().unwrap();
        assert!(hint.ids.len() == IDS_PER_MESSAGE || hint.ids.len() == 5, "{}", hint.ids.len());
        assert_eq!(&hint.context, contexts[&hint.ids[0]]);
        assert!(!delivery.redelivered);
        let body = String::from_utf8(delivery.body.clone()).unwrap();
        assert!(hint.ids.iter().all(|id| body.contains(&id.to_string())), "{body}");
    }
}

pub async fn a_single_hint_is_a_message_of_its_own(q: QueueUnderTest) {
    let consumer = (q.consumer)();
    for hint in hints_in_context(3) {
        q.queue.publish(vec![hint.clone()]).await.unwrap();
        let deliveries = take(&*consumer, 1).await;
        assert_eq!(ids_in(&deliveries), [hint.id]);
        assert_eq!(deliveries[0].hint.as_ref().unwrap().context, hint.context);
    }
}

pub async fn an_empty_publish_is_nothing(q: QueueUnderTest) {
    q.queue.publish(Vec::new()).await.unwrap();
    let hint = hint();
    q.queue.publish(vec![hint.clone()]).await.unwrap();
    assert_eq!(ids_in(&take(&*(q.consumer)(), 1).await), [hint.id]);
}

pub async fn a_large_publish_arrives_whole(q: QueueUnderTest) {
    let hints = hints(2_500);
    q.queue.publish(hints.clone()).await.unwrap();
    let consumer = (q.consumer)();
    let mut deliveries = Vec::new();
    while deliveries.len() < hints.len().div_ceil(IDS_PER_MESSAGE) {
        let more = take(&*consumer, 1).await;
        consumer.ack(&tags(&more)).await.unwrap();
        deliveries.extend(more);
    }
    assert_eq!(ids_in(&deliveries), ids_of(&hints));
}

pub async fn hints_of_concurrent_publishers_all_arrive(q: QueueUnderTest) {
    let consumer = (q.consumer)();
    let publishers: Vec<_> = (1..=40)
        .map(|size| {
            let (queue, hints) = (Arc::clone(&q.queue), hints(size));
            tokio::spawn(async move {
                queue.publish(hints.clone()).await.unwrap();
                hints
            })
        })
        .collect();
    let mut published = Vec::new();
    for publisher in publishers {
        published.extend(publisher.await.unwrap());
    }
    let messages = (1..=40usize).map(|size| size.div_ceil(IDS_PER_MESSAGE)).sum();
    assert_eq!(ids_in(&take(&*consumer, messages).await), ids_of(&published));
}

pub async fn depth_counts_the_messages_that_wait(q: QueueUnderTest) {
    assert_eq!(q.queue.depth().await, Ok(0));
    q.queue.publish(hints(2 * IDS_PER_MESSAGE + 1)).await.unwrap();
    until("three messages wait", async || q.queue.depth().await == Ok(3)).await;
    let consumer = (q.consumer)();
    let deliveries = take(&*consumer, 3).await;
    until("none waits", async || q.queue.depth().await == Ok(0)).await;
    consumer.ack(&tags(&deliveries)).await.unwrap();
    assert_eq!(q.queue.depth().await, Ok(0));
}
