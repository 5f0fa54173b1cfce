//! Showing payments.

use crate::payments::await_outcome::await_outcome;
use crate::support::read_error::ReadError;
use paygate_core::id::PaymentId;
use paygate_core::identity::{Operation, Principal};
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_ports::{Clock, Outcomes, Page, PaymentQuery, PaymentReader};
use std::sync::Arc;
use std::time::Duration;

/// Shows payments.
#[derive(Clone)]
pub struct Payments {
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
}

impl Payments {
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
    /// [`ReadError`].
    pub async fn get(
        &self,
        principal: &Principal,
        id: PaymentId,
        wait: Option<Duration>,
    ) -> Result<Option<PaymentRecord>, ReadError> {
        // Registered before the payment is read, so that no announcement comes too early.
        let announced = wait.map(|_| self.outcomes.wait_for(id));
        let Some(record) = self.seen(principal, id).await? else { return Ok(None) };
        match (announced, wait) {
            (Some(announced), Some(limit)) if record.payment.status.is_in_flight() => {
                Ok(await_outcome(&*self.reader, &*self.clock, id, announced, limit).await?)
            }
            _ => Ok(Some(record)),
        }
    }

    /// A page of the payments that the principal sees.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(
        &self,
        principal: &Principal,
        query: PaymentQuery,
    ) -> Result<Page, ReadError> {
        principal.may(Operation::Payments)?;
        let owner = principal.view().owner().or(query.owner);
        Ok(self.reader.payments(PaymentQuery { owner, ..query }).await?)
    }

    /// A payment and its transitions in order.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn timeline(
        &self,
        principal: &Principal,
        id: PaymentId,
    ) -> Result<Option<(PaymentRecord, Vec<Transition>)>, ReadError> {
        match self.seen(principal, id).await? {
            Some(record) => Ok(Some((record, self.reader.timeline(id).await?))),
            None => Ok(None),
        }
    }

    async fn seen(
        &self,
        principal: &Principal,
        id: PaymentId,
    ) -> Result<Option<PaymentRecord>, ReadError> {
        let found = self.reader.payment(id).await?;
        let Some(record) = found.filter(|it| principal.sees(Some(&it.request.owner))) else {
            return Ok(None);
        };
        principal.may(Operation::Payments)?;
        Ok(Some(record))
    }
}
