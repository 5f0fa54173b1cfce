//! The in-process queue and outcomes, with switches for what a broker can do to its clients.

use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_memory::{MemoryDeliveries, MemoryQueue, MemoryQueueConfig};
use paygate_ports::{
    DeadLetter, Deliveries, Delivery, DeliveryTag, HintOut, Outcome, Outcomes, PaymentQueue,
    QueueError, WaiterRegistry, Waiting,
};
use paygate_testkit::faults::Gate;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::oneshot;

fn refused() -> QueueError {
    QueueError::Refused("not now".to_owned())
}

fn away() -> QueueError {
    QueueError::Unavailable("switched off".to_owned())
}

/// How a publish that was held ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Confirmed,
    Refused,
    Panicked,
}

/// The queue as publishers see it.
#[derive(Debug)]
pub struct FakeQueue {
    pub inner: MemoryQueue,
    /// Every publish fails.
    pub refuses: AtomicBool,
    /// Publishes are held before they are confirmed.
    holding: AtomicBool,
    held: Mutex<BTreeMap<usize, oneshot::Sender<End>>>,
    /// What was tried to be published, publish by publish.
    published: Mutex<Vec<Vec<PaymentId>>>,
}

impl FakeQueue {
    pub fn new(config: MemoryQueueConfig) -> Self {
        let (refuses, holding, held, published) = Default::default();
        Self { inner: MemoryQueue::new(config), refuses, holding, held, published }
    }

    /// How many publishes there were.
    pub fn publishes(&self) -> usize {
        self.published.lock().unwrap().len()
    }

    pub fn published_ids(&self) -> Vec<PaymentId> {
        self.published.lock().unwrap().concat()
    }

    /// Holds every publish from now on.
    pub fn hold(&self) {
        self.holding.store(true, Ordering::SeqCst);
    }

    /// Holds no more, and confirms those that are held.
    pub fn release(&self) {
        self.holding.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.held.lock().unwrap());
    }

    /// Ends one of the publishes that are held, counted from 0 over all there were.
    pub fn end(&self, publish: usize, end: End) {
        self.held.lock().unwrap().remove(&publish).unwrap().send(end).unwrap();
    }

    /// Which publishes are held.
    pub fn held(&self) -> Vec<usize> {
        self.held.lock().unwrap().keys().copied().collect()
    }

    /// Comes back when the broker has something to say of that publish.
    async fn confirm(&self, publish: usize) -> End {
        if !self.holding.load(Ordering::SeqCst) {
            return End::Confirmed;
        }
        let (end, ended) = oneshot::channel();
        self.held.lock().unwrap().insert(publish, end);
        ended.await.unwrap_or(End::Confirmed)
    }
}

#[async_trait]
impl PaymentQueue for FakeQueue {
    async fn publish(&self, hints: Vec<HintOut>) -> Result<(), QueueError> {
        let number = {
            let mut published = self.published.lock().unwrap();
            published.push(hints.iter().map(|hint| hint.id).collect());
            published.len() - 1
        };
        match self.confirm(number).await {
            End::Confirmed if self.refuses.load(Ordering::SeqCst) => Err(refused()),
            End::Confirmed => self.inner.publish(hints).await,
            End::Refused => Err(refused()),
            End::Panicked => panic!("the queue panics, as it was told to"),
        }
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

/// Outcomes that remember what was announced, and can be lost or slow.
#[derive(Debug, Default)]
pub struct FakeOutcomes {
    pub waiters: WaiterRegistry,
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
        if self.lost.load(Ordering::SeqCst) {
            return Err(away());
        }
        self.announced.lock().unwrap().extend(outcomes);
        self.waiters.tell(outcomes.iter().map(|outcome| outcome.id));
        Ok(())
    }

    fn wait_for(&self, id: PaymentId) -> Waiting {
        self.waiters.register(id)
    }
}
