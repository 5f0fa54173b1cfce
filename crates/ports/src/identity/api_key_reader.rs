//! Keys of merchants' programs: found by what is shown, and listed.

use super::page::PageOf;
use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, MerchantId, SecretHash};

/// Which keys to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyQuery {
    /// Only this merchant's.
    pub merchant: Option<MerchantId>,
    /// At most so many.
    pub limit: u16,
    /// Those made before this one.
    pub cursor: Option<ApiKeyId>,
}

/// Reads keys. What was revoked before a call began is never read as if it were not.
#[async_trait]
pub trait ApiKeyReader: Send + Sync {
    /// The keys of these secrets, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if one of the rows can't be read.
    async fn shown(&self, secrets: &[SecretHash]) -> Result<Vec<Option<ApiKey>>, StoreError>;

    /// One key.
    ///
    /// # Errors
    /// As [`ApiKeyReader::shown`].
    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;

    /// Keys, newest first.
    ///
    /// # Errors
    /// As [`ApiKeyReader::shown`].
    async fn keys(&self, query: ApiKeyQuery) -> Result<PageOf<ApiKey, ApiKeyId>, StoreError>;

    /// Remembers that these were used at that moment, unless it knows of a use after `known_since`.
    ///
    /// # Errors
    /// [`StoreError`]; then it may not be remembered.
    async fn used(
        &self,
        keys: &[ApiKeyId],
        at: Timestamp,
        known_since: Timestamp,
    ) -> Result<(), StoreError>;
}
