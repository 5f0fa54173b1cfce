//! Merchants.

use super::made::Made;
use super::page::PageOf;
use crate::StoreError;
use async_trait::async_trait;
use paygate_core::identity::{AuditEntry, Merchant, MerchantId, NewMerchant};

/// Which merchants to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantQuery {
    /// At most so many.
    pub limit: u16,
    /// Those after this one.
    pub after: Option<MerchantId>,
}

/// What became of a merchant to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenIn {
    /// It is in, or what became of that.
    Made(Made<Merchant>),
    /// Another of that id is.
    Taken,
}

/// Keeps merchants.
#[async_trait]
pub trait MerchantStore: Send + Sync {
    /// Takes a merchant in, and writes down that it was, in one transaction. The same key with the
    /// same hash is [`Made::Replayed`], with another [`Made::KeyReused`]. The same id and name, by
    /// whoever, is [`Made::Replayed`], the same id and another name [`TakenIn::Taken`]. What is not
    /// [`Made::Created`] writes nothing: not the key, either, if the merchant was there before.
    ///
    /// # Errors
    /// [`StoreError`]; then it was not taken in (or, with a lost commit, the next try is replayed).
    async fn create(&self, merchant: NewMerchant, audit: AuditEntry)
    -> Result<TakenIn, StoreError>;

    /// One merchant.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError>;

    /// Merchants in the order of their ids.
    ///
    /// # Errors
    /// As [`MerchantStore::merchant`].
    async fn merchants(
        &self,
        query: MerchantQuery,
    ) -> Result<PageOf<Merchant, MerchantId>, StoreError>;
}
