//! The name of who did something.

use super::owner::{MERCHANT, MerchantId, USER};
use crate::id::UserId;
use std::fmt;

/// Who did something, in timelines and rows: `worker`, `operator`, `sandbox`, `merchant:<id>` or
/// `user:<id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The house at work: a worker, on a hint.
    Worker,
    /// A person, with the operator's rights.
    Operator,
    /// Whoever came to the sandbox.
    Sandbox,
    /// A merchant.
    Merchant(MerchantId),
    /// A person, with a user's rights.
    User(UserId),
}

impl Actor {
    /// The actor of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "worker" => return Some(Self::Worker),
            "operator" => return Some(Self::Operator),
            "sandbox" => return Some(Self::Sandbox),
            _ => {}
        }
        match text.split_once(':')? {
            (MERCHANT, id) => MerchantId::parse(id).ok().map(Self::Merchant),
            (USER, id) => id.parse().ok().map(Self::User),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker => f.write_str("worker"),
            Self::Operator => f.write_str("operator"),
            Self::Sandbox => f.write_str("sandbox"),
            Self::Merchant(id) => write!(f, "{MERCHANT}:{id}"),
            Self::User(id) => write!(f, "{USER}:{id}"),
        }
    }
}
