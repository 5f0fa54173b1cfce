//! Fresh identifiers.

use paygate_core::account::AccountNumber;
use uuid::Uuid;

/// Makes identifiers.
pub trait IdSource: Send + Sync {
    /// A UUIDv7 (RFC 9562) that was never given before; in one process each is greater than the one
    /// before.
    fn uuid_v7(&self) -> Uuid;

    /// A random account number, not predictable from earlier ones.
    fn account_number(&self) -> AccountNumber;

    /// 64 random bits that nobody can predict: secrets are drawn from them, trace ids and jitter, too.
    fn random(&self) -> u64;
}
