//! One call that moves money, whichever way it came in: what is judged, journaled and remembered.

use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use paygate_ports::{Authorization, RefundRequest};

/// What is asked under a key. The same key must always come with the same operation and amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) key: PaymentId,
    pub(crate) operation: Operation,
    pub(crate) amount: Money,
}

/// Which way the money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// From the payer.
    Authorize,
    /// Back to the payer of an earlier authorization.
    Refund {
        /// The authorization's key.
        of: PaymentId,
    },
}

impl From<&Authorization> for Call {
    fn from(request: &Authorization) -> Self {
        let Authorization { key, amount } = *request;
        Self { key, operation: Operation::Authorize, amount }
    }
}

impl From<&RefundRequest> for Call {
    fn from(request: &RefundRequest) -> Self {
        let RefundRequest { key, of, amount } = *request;
        Self { key, operation: Operation::Refund { of }, amount }
    }
}
