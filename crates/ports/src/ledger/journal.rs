//! Reading the journal.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_core::journal::Entry;

/// Where a page of entries starts: after the entry of that payment and transition.
pub type EntryCursor = (PaymentId, i32);

/// Reads committed journal entries.
#[async_trait]
pub trait JournalReader: Send + Sync {
    /// Up to `limit` entries after `cursor`, ordered by payment id, then transition seq; each with
    /// all its postings, ordered by account. Fewer than `limit` means the end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if a row of it can't be read.
    async fn entries(
        &self,
        cursor: Option<EntryCursor>,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The entries of one payment, ordered by transition seq.
    ///
    /// # Errors
    /// As [`JournalReader::entries`].
    async fn entries_of(&self, payment: PaymentId) -> Result<Vec<Entry>, StoreError>;
}
