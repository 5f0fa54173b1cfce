//! Quoted exchange rates.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::fx::Quote;
use paygate_core::id::QuoteId;
use paygate_core::identity::{Idempotency, KeyHash, RequestHash};

/// What became of a quote to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Created,
    /// The same request was sent under the same key before: the quote it was answered with.
    Replayed(Quote),
    /// The key was used for another request.
    KeyReused,
}

/// Keeps quotes. That a quote serves one payment only is the payment store's to keep (see
/// [`crate::Accepted::QuoteUsed`]).
#[async_trait]
pub trait QuoteStore: Send + Sync {
    /// Keeps a quote, durably, with the key it was asked for under. The same quote again changes
    /// nothing; of twins under one key one is created.
    ///
    /// # Errors
    /// [`StoreError`]; then it may not be there.
    async fn keep(&self, quote: Quote, sent: Option<Idempotency>) -> Result<Kept, StoreError>;

    /// The quote that was asked for under that key, as long as it is kept, and with which request.
    ///
    /// # Errors
    /// As [`QuoteStore::quote`].
    async fn by_key(&self, key: KeyHash) -> Result<Option<(Quote, RequestHash)>, StoreError>;

    /// A quote, expired or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError>;

    /// Forgets quotes that expired before that time and that no payment used, those that expired
    /// first first, at most `limit`; answers how many these were, so that fewer than the limit means
    /// that none is left. Costs what it forgets, however many are kept. Several may do it at once.
    ///
    /// # Errors
    /// [`StoreError`]; then none may be forgotten, and it may be tried again.
    async fn forget(&self, expired_before: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
