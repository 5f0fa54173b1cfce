//! What the rules of the queue share.

use crate::build;
use paygate_core::id::PaymentId;
use paygate_ports::{Deliveries, Delivery, DeliveryTag, HintOut, TraceContext};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long anything may take.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A hint without context.
#[must_use]
pub fn hint() -> HintOut {
    HintOut { id: build::payment_id(), context: TraceContext::default() }
}

/// Hints without context.
#[must_use]
pub fn hints(count: usize) -> Vec<HintOut> {
    (0..count).map(|_| hint()).collect()
}

/// The ids of hints, sorted.
#[must_use]
pub fn ids_of(hints: &[HintOut]) -> Vec<PaymentId> {
    let mut ids: Vec<_> = hints.iter().map(|hint| hint.id).collect();
    ids.sort_unstable();
    ids
}

/// The ids that deliveries name, sorted; twice what is named twice.
#[must_use]
pub fn ids_in(deliveries: &[Delivery]) -> Vec<PaymentId> {
    let mut ids: Vec<_> = deliveries
        .iter()
        .flat_map(|delivery| delivery.hint.as_ref().expect("a readable message").ids.clone())
        .collect();
    ids.sort_unstable();
    ids
}

/// The tags of deliveries.
#[must_use]
pub fn tags(deliveries: &[Delivery]) -> Vec<DeliveryTag> {
    deliveries.iter().map(|delivery| delivery.tag).collect()
}

/// The next messages of a consumer, until there are so many.
pub async fn take(consumer: &dyn Deliveries, messages: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < messages {
        taken.extend(next(consumer, 1).await);
    }
    taken
}

/// The next messages of a consumer, which must come in time.
pub async fn next(consumer: &dyn Deliveries, max_ids: usize) -> Vec<Delivery> {
    let next = timeout(DEADLINE, consumer.next(max_ids)).await.expect("a message in time");
    let taken = next.expect("a connection");
    assert!(!taken.is_empty());
    taken
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds().await {
        assert!(Instant::now() < end, "not in time: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
