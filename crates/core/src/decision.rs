//! What a transaction looks at, and what its decision says besides what it changed.

use crate::hold::HoldError;
use crate::id::PaymentId;
use crate::payment::Payment;
use std::collections::BTreeMap;
use thiserror::Error;

/// Which accounts a transaction loads beside its payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loads {
    /// Those of all payments, locked: what settles needs them.
    Accounts,
    /// What claims need, so that claiming charges waits for nobody who posts: locked those of payments
    /// that are settled at once or held; of charges they are only looked at.
    ForClaims,
}

impl Loads {
    /// Whether the payment's accounts are locked and in the book.
    #[must_use]
    pub fn locks_accounts_of(self, payment: &Payment) -> bool {
        match self {
            Self::Accounts => true,
            Self::ForClaims => payment.claim_needs_accounts(),
        }
    }

    /// Whether the payment's accounts are in the book as they stand, without a lock.
    #[must_use]
    pub fn sees_accounts_of(self, payment: &Payment) -> bool {
        match self {
            Self::Accounts => false,
            Self::ForClaims => payment.claim_looks_at_accounts(),
        }
    }
}

/// Why nothing became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Its row can't take the step: poison. A stable code.
    #[error("{0}")]
    Poison(&'static str),
    /// What was asked of its hold can't be done.
    #[error(transparent)]
    Hold(HoldError),
}

/// What a decision says of those payments of which nothing became.
pub type Verdicts = BTreeMap<PaymentId, Refused>;
