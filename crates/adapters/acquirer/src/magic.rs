//! The amounts that let every path be tried by hand. The last two digits of the amount in minor
//! units (cents for USD) choose what the simulated acquirer does, with an authorization as with a
//! refund that it may give:
//!
//! | minor units | what happens |
//! |---|---|
//! | `…01` | declined |
//! | `…02` | declined: insufficient funds at the payer's bank |
//! | `…03` | approved, but the answer is never heard; asked for the status, it says so |
//! | `…04` | unavailable twice, then approved |
//! | `…05` | never answers, neither the call nor the status |
//! | others | approved, or declined at random by the configured rate |

use crate::verdict::DeclineCode;
use paygate_core::money::Money;

/// How often `…04` fails before it is approved.
pub(crate) const FAILURES_BEFORE_SUCCESS: u32 = 2;

/// What an amount asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Ordinary,
    Decline(DeclineCode),
    ApproveUnheard,
    FailFirst,
    NeverAnswer,
}

impl Script {
    pub(crate) fn of(amount: Money) -> Self {
        match amount.minor % 100 {
            1 => Self::Decline(DeclineCode::Declined),
            2 => Self::Decline(DeclineCode::InsufficientFunds),
            3 => Self::ApproveUnheard,
            4 => Self::FailFirst,
            5 => Self::NeverAnswer,
            _ => Self::Ordinary,
        }
    }
}
