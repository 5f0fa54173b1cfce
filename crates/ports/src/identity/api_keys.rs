//! Keys of merchants' programs: made, rotated and revoked.

use super::made::Made;
use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, AuditEntry, NewApiKey, NotMade, NotRotatable};

/// What became of a key to be rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The key in its place, or what became of that.
    Made(Made<ApiKey>),
    /// None is made in its place.
    Refused(NotRotatable),
    /// There is no such key.
    NotFound,
}

/// Makes and ends keys. What a method changes it writes down in the same transaction; what changes
/// nothing writes nothing.
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Makes a key, if [`NewApiKey::makable`] allows it, with the key by which it is made locked against
    /// being ended. Duplicates go before that: the same idempotency key with the same hash is
    /// [`Made::Replayed`], with another [`Made::KeyReused`]; the same id (a lost commit) is
    /// [`Made::Created`].
    ///
    /// # Errors
    /// [`StoreError`]; then it was not made. `Refused` if there is no such merchant.
    async fn make(
        &self,
        key: NewApiKey,
        audit: AuditEntry,
    ) -> Result<Result<Made<ApiKey>, NotMade>, StoreError>;

    /// Makes a key in place of another, under its row lock, if [`ApiKey::rotatable`] and
    /// [`NewApiKey::makable`] allow it. The other opens until `overlap_ends`, or its own end if that is
    /// earlier. Duplicates are as for [`ApiKeyStore::make`]. `audit` is of the one and of the other.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was made, and the other is as it was.
    async fn rotate(
        &self,
        old: ApiKeyId,
        key: NewApiKey,
        overlap_ends: Timestamp,
        audit: [AuditEntry; 2],
    ) -> Result<Rotated, StoreError>;

    /// Ends a key: from the commit on it opens nothing. Answers it; one that is revoked already keeps
    /// its time. `None` if there is none of that id.
    ///
    /// # Errors
    /// [`StoreError`]; then it is not revoked.
    async fn revoke(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<ApiKey>, StoreError>;
}
