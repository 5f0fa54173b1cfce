//! The publishing side of the in-process queue, and the handles by which tests steer it.

use crate::config::MemoryQueueConfig;
use crate::deliveries::MemoryDeliveries;
use crate::state::{Message, Shared};
use async_trait::async_trait;
use paygate_ports::{DeadLetter, HealthCheck, Hint, HintOut, PaymentQueue, QueueError};
use std::fmt::Write as _;
use std::sync::Arc;

/// A queue within the process. Clones are handles of the same queue.
#[derive(Clone, Debug, Default)]
pub struct MemoryQueue {
    shared: Arc<Shared>,
}

impl MemoryQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(config: MemoryQueueConfig) -> Self {
        Self { shared: Arc::new(Shared::new(config)) }
    }

    /// A consumer of this queue. What it has not acknowledged when it is dropped comes again.
    #[must_use]
    pub fn deliveries(&self) -> MemoryDeliveries {
        MemoryDeliveries::new(Arc::clone(&self.shared))
    }

    /// Makes everything that is delivered and not acknowledged come again, flagged.
    pub fn redeliver_unacked(&self) {
        self.shared.lock().give_back(|_| true);
        self.shared.bell.notify_waiters();
    }

    /// Plays a broker that goes away (`false`) or comes back. While it is away every call fails
    /// with [`QueueError::Unavailable`], except `next`, which waits; what was not acknowledged when
    /// it went comes again afterwards, as after a lost connection.
    pub fn set_available(&self, available: bool) {
        let mut contents = self.shared.lock();
        contents.away = !available;
        contents.give_back(|_| true);
        drop(contents);
        self.shared.bell.notify_waiters();
    }

    /// Puts in a message that nobody can read.
    pub fn push_raw(&self, body: impl Into<Vec<u8>>) {
        let hint = Err("not a message of this queue".to_owned());
        self.shared.lock().push(Message { hint, body: body.into(), redelivered: false });
        self.shared.bell.notify_waiters();
    }

    /// The dead letters, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.lock().dead.iter().cloned().collect()
    }

    /// How many messages are delivered and not acknowledged.
    #[must_use]
    pub fn unacked(&self) -> usize {
        self.shared.lock().unacked.len()
    }
}

#[async_trait]
impl PaymentQueue for MemoryQueue {
    async fn publish(&self, hints: Vec<HintOut>) -> Result<(), QueueError> {
        let mut contents = self.shared.reach()?;
        let config = &self.shared.config;
        let free = config.max_waiting_ids.saturating_sub(contents.waiting_ids);
        let (fitting, rest) = hints.split_at_checked(free).unwrap_or((&hints, &[]));
        for chunk in fitting.chunks(config.ids_per_message.max(1)) {
            contents.push(message(chunk));
        }
        drop(contents);
        self.shared.bell.notify_waiters();
        if rest.is_empty() {
            return Ok(());
        }
        Err(QueueError::Refused(format!("{} ids wait already", config.max_waiting_ids)))
    }

    async fn depth(&self) -> Result<u64, QueueError> {
        Ok(u64::try_from(self.shared.reach()?.waiting.len()).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl HealthCheck for MemoryQueue {
    fn name(&self) -> &'static str {
        "broker"
    }

    async fn check(&self) -> Result<(), String> {
        self.shared.reach().map(|_| ()).map_err(|error| error.to_string())
    }
}

/// One message of several hints, with the body it would have on a broker.
fn message(hints: &[HintOut]) -> Message {
    let mut body = "{\"payment_ids\":[".to_owned();
    for (place, hint) in hints.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a String does not fail.
        let _ = write!(body, "{comma}\"{}\"", hint.id);
    }
    body.push_str("]}");
    let context = hints.first().map(|hint| hint.context.clone()).unwrap_or_default();
    let ids = hints.iter().map(|hint| hint.id).collect();
    Message { hint: Ok(Hint { ids, context }), body: body.into_bytes(), redelivered: false }
}
