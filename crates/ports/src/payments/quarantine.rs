//! Setting poison aside: payments whose processing kills or fails whoever tries.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::id::PaymentId;

/// How often a payment has come back without having been settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redelivered {
    /// The payment.
    pub id: PaymentId,
    /// The count, this time included.
    pub times: i32,
}

/// Counts redeliveries and parks payments. Works on rows that can't be read, too: it looks at
/// nothing but id, status and its own columns.
#[async_trait]
pub trait Quarantine: Send + Sync {
    /// Counts one more redelivery, durably, for each of these whose count is below `below`, and
    /// answers the counts of all. Only what a worker has something to do for now, not parked and not
    /// under a live lease is counted and answered: a claim that stands has done what its hint asked
    /// for, and a hold that goes on has nothing to ask.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was counted.
    async fn redelivered(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
    ) -> Result<Vec<Redelivered>, StoreError>;

    /// Parks a payment: nothing claims it or makes it due until an operator unparks it. Keeps the
    /// first reason if it is parked already; leaves one alone that no worker has anything to do for.
    /// Answers whether this call has parked it.
    ///
    /// # Errors
    /// [`StoreError`]; then it is not parked.
    async fn park(&self, id: PaymentId, reason: &str) -> Result<bool, StoreError>;

    /// Takes a payment out of the quarantine with its redeliveries forgotten, and makes it due now.
    /// Answers whether it was parked.
    ///
    /// # Errors
    /// [`StoreError`]; then it stays parked.
    async fn unpark(&self, id: PaymentId) -> Result<bool, StoreError>;

    /// The parked payments with their reasons, by id, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn parked(&self, limit: u16) -> Result<Vec<(PaymentId, String)>, StoreError>;
}
