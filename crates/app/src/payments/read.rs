//! Showing payments.

use crate::payments::await_outcome::await_outcome;
use paygate_core::id::PaymentId;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_ports::{Clock, Outcomes, Page, PaymentQuery, PaymentReader, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Shows payments.
#[derive(Clone)]
pub struct ReadPayments {
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
}

impl ReadPayments {
    /// Shows the payments of this reader.
    #[must_use]
    pub fn new(
        reader: Arc<dyn PaymentReader>,
        outcomes: Arc<dyn Outcomes>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { reader, outcomes, clock }
    }

    /// One payment; with `wait`, when it is no longer in flight or that time is over.
    ///
    /// # Errors
    /// [`StoreError`] of the reader.
    pub async fn get(
        &self,
        id: PaymentId,
        wait: Option<Duration>,
    ) -> Result<Option<PaymentRecord>, StoreError> {
        let Some(limit) = wait else { return self.reader.payment(id).await };
        let announced = self.outcomes.wait_for(id);
        match self.reader.payment(id).await? {
            Some(record) if record.payment.status.is_in_flight() => {
                await_outcome(&*self.reader, &*self.clock, id, announced, limit).await
            }
            record => Ok(record),
        }
    }

    /// A page of payments.
    ///
    /// # Errors
    /// [`StoreError`] of the reader.
    pub async fn list(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        self.reader.payments(query).await
    }

    /// A payment and its transitions in order.
    ///
    /// # Errors
    /// [`StoreError`] of the reader.
    pub async fn timeline(
        &self,
        id: PaymentId,
    ) -> Result<Option<(PaymentRecord, Vec<Transition>)>, StoreError> {
        match self.reader.payment(id).await? {
            Some(record) => Ok(Some((record, self.reader.timeline(id).await?))),
            None => Ok(None),
        }
    }
}
