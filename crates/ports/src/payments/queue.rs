//! Where hints go: that payments are due.

use async_trait::async_trait;
use paygate_core::id::PaymentId;
use thiserror::Error;

/// Where a request came from, carried along to the worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// The `X-Request-Id`, visible ASCII.
    pub request_id: Option<String>,
    /// The W3C `traceparent`.
    pub traceparent: Option<String>,
}

/// A hint to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintOut {
    /// The payment that is due.
    pub id: PaymentId,
    /// The request that made it so.
    pub context: TraceContext,
}

/// A hint was not taken over by the queue, or it can't be told. The rows are the truth, and the
/// sweeper publishes what was lost; so no caller has to keep hints.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueueError {
    /// There is no connection.
    #[error("the queue is unavailable: {0}")]
    Unavailable(String),
    /// The queue refused, returned or dropped the message.
    #[error("the queue refused: {0}")]
    Refused(String),
}

/// Publishes hints.
#[async_trait]
pub trait PaymentQueue: Send + Sync {
    /// Publishes hints, several to a message, and returns when the queue has taken them over
    /// durably. Order does not matter; duplicates do no harm.
    ///
    /// # Errors
    /// [`QueueError`]: some or all may not have arrived.
    async fn publish(&self, hints: Vec<HintOut>) -> Result<(), QueueError>;

    /// How many messages wait for a consumer.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    async fn depth(&self) -> Result<u64, QueueError>;
}
