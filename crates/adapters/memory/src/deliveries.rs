//! The consuming side of the in-process queue.

use crate::state::Shared;
use async_trait::async_trait;
use paygate_ports::{DeadLetter, Deliveries, Delivery, DeliveryTag, QueueError};
use std::sync::Arc;

/// A consumer. Dropping it gives back what it has not acknowledged.
#[derive(Debug)]
pub struct MemoryDeliveries {
    shared: Arc<Shared>,
    generation: u64,
}

impl MemoryDeliveries {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let mut contents = shared.lock();
        contents.consumers = contents.consumers.saturating_add(1);
        let generation = contents.consumers;
        drop(contents);
        Self { shared, generation }
    }
}

impl Drop for MemoryDeliveries {
    fn drop(&mut self) {
        self.shared.lock().give_back(|tag| tag.generation == self.generation);
        self.shared.bell.notify_waiters();
    }
}

#[async_trait]
impl Deliveries for MemoryDeliveries {
    async fn next(&self, max_ids: usize) -> Result<Vec<Delivery>, QueueError> {
        loop {
            // Before looking, so that a bell in between is heard.
            let rung = self.shared.bell.notified();
            if let Ok(mut contents) = self.shared.reach() {
                let taken = contents.take(max_ids, self.generation);
                if !taken.is_empty() {
                    return Ok(taken);
                }
            }
            rung.await;
        }
    }

    async fn ack(&self, tags: &[DeliveryTag]) -> Result<(), QueueError> {
        let mut contents = self.shared.reach()?;
        for tag in tags {
            contents.unacked.remove(tag);
        }
        Ok(())
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), QueueError> {
        let mut contents = self.shared.reach()?;
        contents.dead.push_back(letter);
        while contents.dead.len() > self.shared.config.max_dead_letters {
            contents.dead.pop_front();
        }
        Ok(())
    }
}
