//! A decision with the stable code of its reason. The port knows fewer reasons than the wire and the
//! journal do; this is where the ones become the others.

use paygate_core::provider::Decline;
use paygate_ports::Decision;
use serde::{Deserialize, Serialize};

/// What was decided about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    Declined(DeclineCode),
}

/// Why a call was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeclineCode {
    Declined,
    InsufficientFunds,
    /// A refund of what was never taken, was taken in another currency, or is given back already.
    NotRefundable,
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approved => Self::Approved,
            Verdict::Declined(code) => Self::Declined(code.into()),
        }
    }
}

impl From<DeclineCode> for Decline {
    fn from(code: DeclineCode) -> Self {
        match code {
            DeclineCode::Declined | DeclineCode::NotRefundable => Self::Generic,
            DeclineCode::InsufficientFunds => Self::InsufficientFunds,
        }
    }
}
