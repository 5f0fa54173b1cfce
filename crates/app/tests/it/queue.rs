//! The in-process queue and outcomes, with switches for what a broker can do to its clients.

use crate::gate::Gate;
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_memory::{MemoryDeliveries, MemoryOutcomes, MemoryQueue, MemoryQueueConfig};
use paygate_ports::{
    DeadLetter, Deliveries, Delivery, DeliveryTag, HintOut, Outcome, Outcomes, PaymentQueue,
    QueueError, Waiting,
};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn away() -> QueueError {
    QueueError::Unavailable("switched off".to_owned())
}

/// The queue as publishers see it.
#[derive(Debug)]
pub struct FakeQueue {
    pub inner: MemoryQueue,
    /// Where publishes wait for their confirm.
    pub confirming: Gate,
    /// Every publish fails.
    pub refuses: AtomicBool,
    /// The next publish panics.
    pub panics: AtomicBool,
    /// What was tried to be published, publish by publish.
    pub published: Mutex<Vec<Vec<PaymentId>>>,
}

impl FakeQueue {
    pub fn new(config: MemoryQueueConfig) -> Self {
        Self {
            inner: MemoryQueue::new(config),
            confirming: Gate::default(),
            refuses: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            published: Mutex::default(),
        }
    }

    pub fn publishes(&self) -> usize {
        self.published.lock().unwrap().len()
    }

    pub fn published_ids(&self) -> Vec<PaymentId> {
        self.published.lock().unwrap().concat()
    }
}

#[async_trait]
impl PaymentQueue for FakeQueue {
    async fn publish(&self, hints: Vec<HintOut>) -> Result<(), QueueError> {
        self.published.lock().unwrap().push(hints.iter().map(|hint| hint.id).collect());
        self.confirming.pass().await;
        assert!(!self.panics.swap(false, Ordering::SeqCst), "the queue panics, as it was told to");
        if self.refuses.load(Ordering::SeqCst) {
            return Err(QueueError::Refused("not now".to_owned()));
        }
        self.inner.publish(hints).await
    }

    async fn depth(&self) -> Result<u64, QueueError> {
        self.inner.depth().await
    }
}

/// The queue as a worker sees it.
#[derive(Debug)]
pub struct FakeDeliveries {
    inner: MemoryDeliveries,
    /// So many next `next` fail.
    pub breaks: AtomicU32,
    /// No dead letter can be written.
    pub dead_letters_fail: AtomicBool,
    /// No acknowledgement arrives.
    pub acks_fail: AtomicBool,
}

impl FakeDeliveries {
    pub fn new(inner: MemoryDeliveries) -> Self {
        let (breaks, dead_letters_fail, acks_fail) = Default::default();
        Self { inner, breaks, dead_letters_fail, acks_fail }
    }
}

#[async_trait]
impl Deliveries for FakeDeliveries {
    async fn next(&self, max_ids: usize) -> Result<Vec<Delivery>, QueueError> {
        if self.breaks.load(Ordering::SeqCst) > 0 {
            self.breaks.fetch_sub(1, Ordering::SeqCst);
            return Err(away());
        }
        self.inner.next(max_ids).await
    }

    async fn ack(&self, tags: &[DeliveryTag]) -> Result<(), QueueError> {
        if self.acks_fail.load(Ordering::SeqCst) { Err(away()) } else { self.inner.ack(tags).await }
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), QueueError> {
        if self.dead_letters_fail.load(Ordering::SeqCst) {
            return Err(away());
        }
        self.inner.dead_letter(letter).await
    }
}

/// Outcomes that remember what was announced, and can be deaf or slow.
#[derive(Debug, Default)]
pub struct FakeOutcomes {
    inner: MemoryOutcomes,
    /// Announcements reach nobody.
    pub lost: AtomicBool,
    /// Where announcements wait.
    pub announcing: Gate,
    pub announced: Mutex<Vec<Outcome>>,
}

#[async_trait]
impl Outcomes for FakeOutcomes {
    async fn announce(&self, outcomes: &[Outcome]) -> Result<(), QueueError> {
        self.announcing.pass().await;
        self.announced.lock().unwrap().extend(outcomes);
        if self.lost.load(Ordering::SeqCst) {
            return Err(away());
        }
        self.inner.announce(outcomes).await
    }

    fn wait_for(&self, id: PaymentId) -> Waiting {
        self.inner.wait_for(id)
    }
}
