//! Forgets the quotes that nobody took up. Each asks for a rate far more often than it takes one, so
//! what is promised would outgrow what is paid.

use chrono::TimeDelta;
use paygate_ports::{Clock, QuoteStore, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a worker looks.
const EVERY: Duration = Duration::from_secs(600);
/// How long a quote is kept after it expired: who comes late is told that it did, and not that there
/// never was one.
const KEPT: TimeDelta = TimeDelta::days(1);
/// How many are forgotten at once.
const BATCH: u32 = 500;

/// Forgets quotes, beside the work. Every worker may.
pub struct QuoteForgetter {
    quotes: Arc<dyn QuoteStore>,
    clock: Arc<dyn Clock>,
}

impl QuoteForgetter {
    /// Forgets what this store keeps in vain.
    #[must_use]
    pub fn new(quotes: Arc<dyn QuoteStore>, clock: Arc<dyn Clock>) -> Self {
        Self { quotes, clock }
    }

    /// Forgets until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.clock.sleep(EVERY) => {}
            }
            if let Err(error) = self.forget(&stop).await {
                tracing::warn!(%error, "expired quotes could not be forgotten; they will be");
            }
        }
    }

    /// Forgets all that is to go, batch after batch, or what it can until `stop`.
    async fn forget(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let expired_before = self.clock.now() - KEPT;
        while !stop.is_cancelled() {
            let forgotten = self.quotes.forget(expired_before, BATCH).await?;
            tracing::debug!(forgotten, "expired quotes are forgotten");
            if forgotten < BATCH {
                break;
            }
        }
        Ok(())
    }
}
