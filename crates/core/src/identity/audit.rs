//! Who did what to whom: what is written down for good, beside what it tells.

use super::actor::Actor;
use super::owner::{MERCHANT, MerchantId};
use crate::Timestamp;
use crate::id::{ApiKeyId, AuditId};
use crate::status::named;
use std::fmt;
use std::net::IpAddr;

named! {
    /// What was done.
    AuditAction {
        /// A merchant was taken in.
        MerchantCreated = "merchant-created",
        /// A key was made.
        KeyCreated = "api-key-created",
        /// A key was made in place of another.
        KeyRotated = "api-key-rotated",
        /// A key was ended.
        KeyRevoked = "api-key-revoked",
    }
}

/// What it was done to: `merchant:<id>` or `api-key:<id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A merchant.
    Merchant(MerchantId),
    /// A key.
    ApiKey(ApiKeyId),
}

/// What the name of a key as target begins with.
const API_KEY: &str = "api-key";

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            (MERCHANT, id) => MerchantId::parse(id).ok().map(Self::Merchant),
            (API_KEY, id) => id.parse().ok().map(Self::ApiKey),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant(id) => write!(f, "{MERCHANT}:{id}"),
            Self::ApiKey(id) => write!(f, "{API_KEY}:{id}"),
        }
    }
}

/// How a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its id, as in answers and log lines: at most 128 visible ASCII characters.
    pub request_id: Option<String>,
    /// From where.
    pub address: Option<IpAddr>,
}

/// An entry to be written, in the transaction of what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Who did it.
    pub principal: Actor,
    /// By which key, if by one.
    pub key: Option<ApiKeyId>,
    /// What.
    pub action: AuditAction,
    /// To whom.
    pub target: Target,
    /// How the request came.
    pub origin: Origin,
}

/// An entry as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When: the store's time.
    pub at: Timestamp,
    /// What.
    pub entry: AuditEntry,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::merchant;
    use uuid::Uuid;

    #[test]
    fn targets_are_written_and_read_back() {
        let key = Target::ApiKey(ApiKeyId(Uuid::from_u128(7)));
        let names = [Target::Merchant(merchant()), key].map(|target| {
            assert_eq!(Target::parse(&target.to_string()), Some(target.clone()));
            target.to_string()
        });
        assert_eq!(names, ["merchant:shop", "api-key:00000000-0000-0000-0000-000000000007"]);
        for text in ["", "merchant", "merchant:", "api-key:1", "user:7", "x:y"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
