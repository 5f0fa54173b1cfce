//! Reading payments.

use crate::store_error::StoreError;
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_core::identity::{KeyHash, Owner};
use paygate_core::kind::Kind;
use paygate_core::money::Currency;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_core::status::Status;
use paygate_core::text::Reference;
use uuid::Uuid;

/// Which payments to list: those that pass every filter given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentQuery {
    /// Whose; everybody's if `None`.
    pub owner: Option<Owner>,
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
    /// Accepted at that time or later. What has an id of a time more than ten minutes away from its
    /// own may be left out, here and below.
    pub created_after: Option<Timestamp>,
    /// Accepted before that time.
    pub created_before: Option<Timestamp>,
    /// At most so many, 1 or more.
    pub limit: u16,
    /// Only payments of smaller ids: the `next` of the page before.
    pub cursor: Option<PaymentId>,
}

/// How far the time within a payment's id (RFC 9562) may be from the time at which the store accepted
/// it: the clocks of whoever draws ids and of the store agree better than that.
const SLACK: TimeDelta = TimeDelta::minutes(10);

impl PaymentQuery {
    /// The ids that may pass: the first, and the first of those that may not. Ids are in the order of
    /// their times, so that a listing between two times begins and ends there.
    #[must_use]
    pub fn ids(&self) -> (PaymentId, PaymentId) {
        let after = self.created_after.and_then(|at| at.checked_sub_signed(SLACK));
        let before = self.created_before.and_then(|at| at.checked_add_signed(SLACK));
        let first = after.map_or(PaymentId(Uuid::nil()), PaymentId::lower_bound);
        let end = before.map_or(PaymentId(Uuid::max()), PaymentId::lower_bound);
        (first, self.cursor.map_or(end, |cursor| cursor.min(end)))
    }
}

/// One page of a listing, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The payments: as many as the limit, unless it is the last page.
    pub items: Vec<PaymentRecord>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<PaymentId>,
}

/// Reads committed payments. Never waits for a lock.
#[async_trait]
pub trait PaymentReader: Send + Sync {
    /// The payments of these ids, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if the row of one can't be read.
    async fn find(&self, ids: Vec<PaymentId>) -> Result<Vec<Option<PaymentRecord>>, StoreError>;

    /// One payment.
    ///
    /// # Errors
    /// As [`PaymentReader::find`].
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        Ok(self.find(vec![id]).await?.pop().flatten())
    }

    /// The payment that was asked for under that key.
    ///
    /// # Errors
    /// As [`PaymentReader::payment`].
    async fn by_key(&self, key: KeyHash) -> Result<Option<PaymentRecord>, StoreError>;

    /// A page of payments, ordered by id, descending. Costs what it holds, whatever else there is:
    /// what is rare is found without looking through what is not. Only of what is SUCCESS what is not
    /// is passed over on the way, and what is PENDING or PROCESSING is picked from all that is so.
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
