//! What the sweeper needs of the store: which payments still wait for a worker.

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;

/// What one step of a walk saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The last id looked at; where the next step starts. `None`: there was none, the walk is over.
    pub last: Option<PaymentId>,
    /// How many payments became due by it.
    pub found: u64,
}

/// Keeps the set of due payments. Several sweepers may work at once.
#[async_trait]
pub trait DueStore: Send + Sync {
    /// Looks at up to `limit` payments with ids after `after` and below `before`, ascending, and
    /// makes those due that a worker has something to do for ([`Status::is_due`]) and that are not
    /// parked: at once, or when their lease or their hold ends. One that is due already stays as it
    /// is.
    ///
    /// [`Status::is_due`]: paygate_core::status::Status::is_due
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn walk(
        &self,
        after: PaymentId,
        before: PaymentId,
        limit: u32,
    ) -> Result<Walked, StoreError>;

    /// Takes up to `limit` payments that are due now, those longest due first, and makes each due
    /// again later (after 5 s, then twice that, at most 5 minutes). What no worker has anything to
    /// do for any more, or is parked, is removed instead and not answered. No payment is answered to
    /// two callers at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError>;

    /// When the oldest payment that is due, in flight and not parked was accepted; what is held does
    /// not count. Payments that no walk has reached yet are not looked at.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The store's time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn now(&self) -> Result<Timestamp, StoreError>;
}
