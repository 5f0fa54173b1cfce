//! Where hints arrive.

use crate::payments::queue::{QueueError, TraceContext};
use async_trait::async_trait;
use paygate_core::id::PaymentId;

/// Names a delivery to the adapter that made it. A tag of a connection that is gone is simply no
/// longer valid: its message comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryTag {
    /// Which connection, counted by the adapter.
    pub generation: u64,
    /// Which message within it, ascending.
    pub number: u64,
}

/// A message that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The payments it says are due, at least one.
    pub ids: Vec<PaymentId>,
    /// The request of the first of them.
    pub context: TraceContext,
}

/// A message from the queue, to be acknowledged after its effect has committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its name.
    pub tag: DeliveryTag,
    /// Whether it may have been delivered before.
    pub redelivered: bool,
    /// What it says, or why that can't be read.
    pub hint: Result<Hint, String>,
    /// The message as it came, for the dead-letter queue.
    pub body: Vec<u8>,
}

/// A message for the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message as it came, or a hint of the payment that was parked.
    pub body: Vec<u8>,
    /// Why.
    pub reason: String,
}

impl DeadLetter {
    /// A letter about a payment.
    #[must_use]
    pub fn of_payment(id: PaymentId, reason: String) -> Self {
        Self { body: format!("{{\"payment_ids\":[\"{id}\"]}}").into_bytes(), reason }
    }
}

/// Consumes hints. One consumer of it at a time.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Waits for a message, then takes what is ready besides, without waiting, until at least
    /// `max_ids` ids are together (the last message may overshoot). Never empty.
    ///
    /// It reconnects by itself and waits as long as that takes. Safe to drop while it waits: no
    /// message is lost by that.
    ///
    /// # Errors
    /// [`QueueError`] when the connection broke; call again.
    async fn next(&self, max_ids: usize) -> Result<Vec<Delivery>, QueueError>;

    /// Acknowledges deliveries, in one frame where possible. Tags of a connection that is gone are
    /// skipped.
    ///
    /// # Errors
    /// [`QueueError`]; the messages come again.
    async fn ack(&self, tags: &[DeliveryTag]) -> Result<(), QueueError>;

    /// Puts a message on the dead-letter queue with its reason and returns when it is there,
    /// durably. Does not acknowledge anything.
    ///
    /// # Errors
    /// [`QueueError`]; it may not be there.
    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), QueueError>;
}
