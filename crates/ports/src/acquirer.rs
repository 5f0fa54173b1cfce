//! The outside world's side of a charge.

use async_trait::async_trait;
use paygate_core::charge::Decline;
use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use thiserror::Error;

/// What is asked of the acquirer. `key` is the idempotency key: asked twice, it acts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The payment's id.
    pub key: PaymentId,
    /// How much to take from the payer.
    pub amount: Money,
}

/// A definitive answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money was taken.
    Approved,
    /// It was not, and won't be under this key.
    Declined(Decline),
}

/// What the acquirer knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownOutcome {
    /// It has decided.
    Decided(Decision),
    /// It has never decided about such a key.
    NotFound,
}

/// No definitive answer: the money may or may not have been taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AcquirerError {
    /// No answer in time.
    #[error("the acquirer did not answer in time")]
    TimedOut,
    /// It could not be reached, or answered with a failure of its own.
    #[error("the acquirer is unavailable: {0}")]
    Unavailable(String),
}

/// Takes money from payers.
#[async_trait]
pub trait Acquirer: Send + Sync {
    /// Asks for the money, once per key however often it is asked: a repeated key gets the first
    /// decision again. Bounded in time by the adapter.
    ///
    /// # Errors
    /// [`AcquirerError`] when the outcome is not known.
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError>;

    /// Asks what was decided about a key, without any effect.
    ///
    /// # Errors
    /// [`AcquirerError`] when that is not known.
    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError>;
}
