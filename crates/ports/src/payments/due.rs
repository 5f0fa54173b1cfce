//! What the sweeper needs of the store: which payments still wait for a worker.
//!
//! Every payment that a worker has something to do for, and that is not parked, is named by a watch or
//! is due: [`crate::PaymentStore::accept`] leaves a watch of what it accepts, in the transaction of
//! the acceptance, and what a ripe watch names becomes due. So no walk over payments is needed, and
//! nothing rests on the order of their ids or on the clocks that made them.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use std::time::Duration;

/// What ripe watches came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ripened {
    /// How many watches were ripe. As many as were asked for: there may be more.
    pub watches: u64,
    /// How many payments became due by them.
    pub found: u64,
}

/// Keeps the set of due payments. Several sweepers may work at once.
#[async_trait]
pub trait DueStore: Send + Sync {
    /// Takes up to `limit` watches that are at least `age` old, the oldest first, and makes those of
    /// their payments due that a worker has something to do for ([`Status::is_due`]) and that are not
    /// parked: at once, or when their lease or their hold ends. One that is due already stays as it
    /// is. A watch is gone once its payments are due.
    ///
    /// [`Status::is_due`]: paygate_core::status::Status::is_due
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then the watches are as they were.
    async fn ripen(&self, age: Duration, limit: u32) -> Result<Ripened, StoreError>;

    /// Takes up to `limit` payments that are due now, those longest due first, and makes each due
    /// again later (after 5 s, then twice that, at most 5 minutes). What no worker has anything to
    /// do for any more, or is parked, is removed instead and not answered. No payment is answered to
    /// two callers at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError>;

    /// When the oldest payment that is due, in flight and not parked was accepted; what is held does
    /// not count, nor what no ripe watch has named yet.
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
