//! Places for what only so many may do at once, and that nobody waits for long.

use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The places.
#[derive(Debug)]
pub struct Places {
    free: Semaphore,
    patience: Duration,
}

impl Places {
    /// So many, each waited for at most so long.
    #[must_use]
    pub fn new(number: usize, patience: Duration) -> Self {
        Self { free: Semaphore::new(number), patience }
    }

    /// A place, until it is dropped; `None` if none became free in time.
    pub async fn take(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(self.patience, self.free.acquire()).await.ok()?.ok()
    }
}
