//! Why a payment was not accepted.

use crate::support::coalescer::NotSubmitted;
use paygate_core::id::PaymentId;
use paygate_core::identity::Denied;
use paygate_core::money::{AmountError, Currency};
use paygate_ports::StoreError;
use thiserror::Error;

/// Why a payment was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Payments in this currency are not taken.
    #[error("{0} is not enabled")]
    CurrencyNotEnabled(Currency),
    /// The amount does not fit its currency.
    #[error("the amount {0}")]
    Amount(AmountError),
    /// The payment to be refunded does not exist.
    #[error("there is no such payment")]
    PaymentNotFound,
    /// The key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The owner has a payment of that reference.
    #[error("the reference is taken by payment {existing}")]
    ReferenceTaken {
        /// That payment.
        existing: PaymentId,
    },
    /// The quote serves another payment.
    #[error("the quote is used by payment {existing}")]
    QuoteUsed {
        /// That payment.
        existing: PaymentId,
    },
    /// A rule forbids it.
    #[error("{0}")]
    Refused(Refusal),
    /// Too many requests wait already.
    #[error("too many payments wait to be accepted")]
    Overloaded,
    /// The store could not or would not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A rule that forbids a payment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Source and destination are one account.
    #[error("source and destination are the same account")]
    SameParty,
    /// There is no such account, or it is the system's own.
    #[error("there is no account {0}")]
    AccountNotFound(String),
    /// The account is closed.
    #[error("the account {0} is closed")]
    AccountClosed(String),
    /// The amount, or the quote, is in other currencies than the accounts.
    #[error("{0}")]
    CurrencyMismatch(&'static str),
    /// Payments in this currency are not taken.
    #[error("{0} is not enabled")]
    UnsupportedCurrency(Currency),
    /// One side of the payment rounds to zero.
    #[error("the amount is too small: one side of it rounds to zero")]
    AmountTooSmall,
    /// One side of the payment is more than can be kept.
    #[error("the amount is too large")]
    AmountTooLarge,
    /// The source has too little to spend.
    #[error("the source has too little to spend")]
    InsufficientFunds,
    /// A balance is too near the end of its range.
    #[error("a balance would become too large")]
    NoRoom,
    /// There is no rate to convert by at the moment.
    #[error("no exchange rate: {0}")]
    FxUnavailable(String),
    /// There never is a rate between these currencies.
    #[error("there is no exchange rate from {base} to {quote}")]
    FxNotQuoted {
        /// The currency to be priced.
        base: Currency,
        /// The currency to price it in.
        quote: Currency,
    },
    /// There is no such quote.
    #[error("there is no such quote")]
    QuoteNotFound,
    /// The quote's time is over.
    #[error("the quote has expired")]
    QuoteExpired,
    /// Less than the least a transfer may be.
    #[error("the amount is below the limit of {0}")]
    BelowMin(String),
    /// More than the most a transfer may be.
    #[error("the amount is above the limit of {0}")]
    AboveMax(String),
    /// The payment is not one that can be refunded.
    #[error("the payment can't be refunded in its state")]
    NotRefundable,
    /// More than what is left of the payment.
    #[error("more than what is left of the payment to refund")]
    RefundExceedsRemainder,
}

impl Refusal {
    /// The stable code; the same that a payment's `failure` has when the worker finds it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SameParty => "same-party",
            Self::AccountNotFound(_) => "account-not-found",
            Self::AccountClosed(_) => "account-closed",
            Self::CurrencyMismatch(_) => "currency-mismatch",
            Self::UnsupportedCurrency(_) => "unsupported-currency",
            Self::AmountTooSmall => "amount-too-small",
            Self::AmountTooLarge => "amount-too-large",
            Self::InsufficientFunds => "insufficient-funds",
            Self::NoRoom => "overflow",
            Self::FxUnavailable(_) => "fx-unavailable",
            Self::FxNotQuoted { .. } => "fx-not-quoted",
            Self::QuoteNotFound => "quote-not-found",
            Self::QuoteExpired => "quote-expired",
            Self::BelowMin(_) => "risk-below-min",
            Self::AboveMax(_) => "risk-above-max",
            Self::NotRefundable => "payment-not-refundable",
            Self::RefundExceedsRemainder => "refund-exceeds-remainder",
        }
    }
}

impl From<Refusal> for CreateError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NotSubmitted> for CreateError {
    fn from(why: NotSubmitted) -> Self {
        match why {
            NotSubmitted::Overloaded => Self::Overloaded,
            // It may be stored: the client must repeat it to know.
            NotSubmitted::NoAnswer => {
                Self::Store(StoreError::Unavailable("the store gave no answer".to_owned()))
            }
        }
    }
}

impl CreateError {
    /// Whether a rule forbids the request as it is: what was accepted under its key before counts for
    /// more. Of the others some are found where that has been looked at, and some say nothing about
    /// the request, but about who asks or a store that is away.
    pub(crate) fn is_by_a_rule(&self) -> bool {
        match self {
            Self::CurrencyNotEnabled(_)
            | Self::Amount(_)
            | Self::PaymentNotFound
            | Self::Refused(_) => true,
            Self::KeyReused
            | Self::ReferenceTaken { .. }
            | Self::QuoteUsed { .. }
            | Self::Denied(_)
            | Self::Store(_)
            | Self::Overloaded => false,
        }
    }
}
