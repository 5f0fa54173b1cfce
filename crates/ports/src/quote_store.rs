//! Quoted exchange rates.

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::fx::Quote;
use paygate_core::id::QuoteId;

/// Keeps quotes. That a quote serves one payment only is the payment store's to keep (see
/// [`crate::Accepted::QuoteUsed`]).
#[async_trait]
pub trait QuoteStore: Send + Sync {
    /// Keeps a quote, durably. The same quote again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then it may not be there.
    async fn keep(&self, quote: Quote) -> Result<(), StoreError>;

    /// A quote, expired or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError>;
}
