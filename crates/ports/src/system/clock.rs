//! Time.

use async_trait::async_trait;
use paygate_core::Timestamp;
use std::time::Duration;

/// Tells and waits for the time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now, whole microseconds.
    fn now(&self) -> Timestamp;

    /// Returns after `duration` of this clock's time. Safe to drop.
    async fn sleep(&self, duration: Duration);
}
