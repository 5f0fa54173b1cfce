//! The outside world's side of a charge and of its refunds.

use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use paygate_core::provider::Decline;
use thiserror::Error;

/// What is asked of the acquirer. `key` is the idempotency key: asked twice, it acts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The payment's id.
    pub key: PaymentId,
    /// How much to take from the payer.
    pub amount: Money,
}

/// What is asked back of a payment that was taken before. `key` is the refund's own id and
/// idempotency key: asked twice, it gives back once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The refund's own id, never that of the payment.
    pub key: PaymentId,
    /// The key under which the money was taken.
    pub of: PaymentId,
    /// How much to give back to the payer.
    pub amount: Money,
}

/// A definitive answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money was taken; of a refund: it is given back.
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

/// No definitive answer: the money may or may not have moved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AcquirerError {
    /// No answer in time.
    #[error("the acquirer did not answer in time")]
    TimedOut,
    /// It could not be reached, or answered with a failure of its own.
    #[error("the acquirer is unavailable: {0}")]
    Unavailable(String),
}

/// Takes money from payers and gives it back.
///
/// A key belongs to what it was first used for. Used again with another amount, for another payment
/// or for the other operation it gets [`AcquirerError`], because there is no decision about that.
#[async_trait]
pub trait Acquirer: Send + Sync {
    /// Asks for the money, once per key however often it is asked: a repeated key gets the first
    /// decision again. Bounded in time by the adapter.
    ///
    /// # Errors
    /// [`AcquirerError`] when the outcome is not known.
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError>;

    /// Asks to give back money that was taken before, in whole or in part, once per key however
    /// often it is asked: a repeated key gets the first decision again. Bounded in time by the
    /// adapter.
    ///
    /// The acquirer declines when it never approved the payment, when the currency is not that of
    /// the payment, and when the approved refunds of the payment would add up to more than was
    /// taken, also while several are asked at once.
    ///
    /// # Errors
    /// [`AcquirerError`] when the outcome is not known.
    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError>;

    /// Asks what was decided about a key, an authorization's or a refund's, without any effect.
    ///
    /// # Errors
    /// [`AcquirerError`] when that is not known.
    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError>;
}
