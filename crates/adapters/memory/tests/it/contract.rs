//! The contracts.

use paygate_memory::{MemoryOutcomes, MemoryQueue};
use paygate_ports::Outcomes;
use paygate_testkit::queue::{OutcomesUnderTest, QueueUnderTest};
use std::sync::Arc;

async fn queue() -> Option<QueueUnderTest> {
    let queue = MemoryQueue::default();
    let (consumed, raw, dead) = (queue.clone(), queue.clone(), queue.clone());
    Some(QueueUnderTest {
        queue: Arc::new(queue),
        consumer: Box::new(move || Box::new(consumed.deliveries())),
        push_raw: Box::new(move |body| {
            raw.push_raw(body);
            Box::pin(async {})
        }),
        dead_letters: Box::new(move || {
            let letters = dead.dead_letters();
            Box::pin(async { letters })
        }),
        clean_up: Box::new(|| Box::pin(async {})),
    })
}

/// Clones stand for processes.
async fn outcomes() -> Option<OutcomesUnderTest> {
    let outcomes = MemoryOutcomes::default();
    Some(OutcomesUnderTest {
        process: Box::new(move || {
            let process: Arc<dyn Outcomes> = Arc::new(outcomes.clone());
            Box::pin(async { process })
        }),
        clean_up: Box::new(|| Box::pin(async {})),
    })
}

paygate_testkit::queue_contract!(queue);
paygate_testkit::outcomes_contract!(outcomes);
