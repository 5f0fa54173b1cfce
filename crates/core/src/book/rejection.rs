//! The rules of a book by name.

use crate::payment::Reason;
use crate::status::Status;
use thiserror::Error;

/// A broken rule. The book is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The payment is not in the book.
    #[error("the payment is not in this book")]
    UnknownPayment,
    /// An account of a posting is not in the book.
    #[error("an account is not in this book")]
    UnknownAccount,
    /// No provider decides about payments of this kind.
    #[error("no provider decides about payments of this kind")]
    UnsupportedKind,
    /// The transition table has no such step.
    #[error("no step leads from {from} to {to}")]
    IllegalTransition {
        /// The state the payment is in.
        from: Status,
        /// The state asked for.
        to: Status,
    },
    /// A posting's currency is not its account's.
    #[error("the posting is in another currency than its account")]
    CurrencyMismatch,
    /// Fewer than two postings, an account twice, or a sum that is not zero per currency.
    #[error("the postings do not balance")]
    Unbalanced,
    /// Something is to be posted to, or held of, an account that is closed.
    #[error("an account is closed")]
    AccountClosed,
    /// An account that may not be overdrawn would be.
    #[error("the available balance is too low")]
    InsufficientFunds,
    /// A balance or counter would leave its integer range.
    #[error("a balance would overflow")]
    Overflow,
}

impl Rejection {
    /// The stable code of this rule.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownPayment => "unknown-payment",
            Self::UnknownAccount => "account-not-found",
            Self::UnsupportedKind => "unsupported-kind",
            Self::IllegalTransition { .. } => "illegal-transition",
            Self::CurrencyMismatch => "currency-mismatch",
            Self::Unbalanced => "unbalanced",
            Self::AccountClosed => "account-closed",
            Self::InsufficientFunds => "insufficient-funds",
            Self::Overflow => "overflow",
        }
    }

    /// The reason to fail a payment with, if this rule is about its accounts and its money; `None`
    /// if it is about the payment's own row, which is poison then.
    #[must_use]
    pub fn failure(self) -> Option<Reason> {
        match self {
            Self::UnknownAccount => Some(Reason::AccountNotFound),
            Self::CurrencyMismatch => Some(Reason::CurrencyMismatch),
            Self::AccountClosed => Some(Reason::AccountClosed),
            Self::InsufficientFunds => Some(Reason::InsufficientFunds),
            Self::Overflow => Some(Reason::Overflow),
            Self::UnknownPayment
            | Self::UnsupportedKind
            | Self::IllegalTransition { .. }
            | Self::Unbalanced => None,
        }
    }
}
