//! Idempotency keys, each within the scope of who sent it and what for.

use super::operation::Operation;
use super::principal::Principal;
use crate::text::IdempotencyKey;
use sha2::{Digest, Sha256};
use std::fmt;

/// A key as a client sent it, and what it stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentKey {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The request it came with.
    pub hash: RequestHash,
}

impl SentKey {
    /// The key of that principal for that operation, and what it stands for.
    #[must_use]
    pub fn within(&self, principal: &Principal, operation: Operation) -> Idempotency {
        Idempotency { key: KeyHash::of(principal, operation, &self.key), hash: self.hash }
    }
}

/// SHA-256 of the canonical request: what tells a repeated request from another one under the same
/// idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHash(pub [u8; 32]);

/// The idempotency key of a request and what it stood for, as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key, within who sent it and for what.
    pub key: KeyHash,
    /// The request it came with.
    pub hash: RequestHash,
}

/// What a key is found by: of two principals, or for two operations, equal keys are two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 16]);

impl KeyHash {
    /// The first half of SHA-256 over the principal's name, the operation's and the key, each preceded
    /// by its length in bytes as a 64-bit big-endian integer. Stored: never change it.
    #[must_use]
    pub fn of(principal: &Principal, operation: Operation, key: &IdempotencyKey) -> Self {
        let mut hash = Sha256::new();
        for part in [&principal.actor().to_string(), operation.as_str(), key.as_str()] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (half, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Self(*half)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({:032x})", u128::from_be_bytes(self.0))
    }
}
