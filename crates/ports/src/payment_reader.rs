//! Reading payments.

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::{CallerId, MerchantId, PaymentId};
use paygate_core::money::Currency;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::status::{Kind, Status};
use paygate_core::text::{IdempotencyKey, Reference};

/// Which payments to list: those that pass every filter given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentQuery {
    /// Whose.
    pub merchant: MerchantId,
    /// In that state.
    pub status: Option<Status>,
    /// Of that kind.
    pub kind: Option<Kind>,
    /// In that currency.
    pub currency: Option<Currency>,
    /// Refunds of that payment.
    pub parent: Option<PaymentId>,
    /// With exactly that reference.
    pub reference: Option<Reference>,
    /// Accepted at that time or later.
    pub created_after: Option<Timestamp>,
    /// Accepted before that time.
    pub created_before: Option<Timestamp>,
    /// At most so many, 1 or more.
    pub limit: u16,
    /// Only payments of smaller ids: the `next` of the page before.
    pub cursor: Option<PaymentId>,
}

/// One page of a listing, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The payments. May be fewer than the limit, even none, although more follow: one call looks
    /// through a bounded number of rows.
    pub items: Vec<PaymentRecord>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<PaymentId>,
}

/// Reads committed payments. Never waits for a lock.
#[async_trait]
pub trait PaymentReader: Send + Sync {
    /// One payment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError>;

    /// The payment that a caller has sent under that key for that operation.
    ///
    /// # Errors
    /// As [`PaymentReader::payment`].
    async fn by_key(
        &self,
        caller: &CallerId,
        kind: Kind,
        key: &IdempotencyKey,
    ) -> Result<Option<PaymentRecord>, StoreError>;

    /// A page of payments, ordered by id, descending.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if a row of it can't be read.
    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError>;

    /// The transitions of a payment, in order; empty for one without any, or an unknown one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if a row of it can't be read.
    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError>;
}
