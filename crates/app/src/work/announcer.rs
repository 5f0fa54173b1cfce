//! Telling who waits what became of payments, beside the work.

use crate::payments::outcomes::outcomes;
use paygate_core::payment::Payment;
use paygate_ports::Outcomes;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The most announcements under way at once.
const MAX_ANNOUNCING: usize = 64;

/// Announces what was decided.
#[derive(Clone)]
pub(crate) struct Announcer {
    outcomes: Arc<dyn Outcomes>,
    /// Places for announcements under way.
    places: Arc<Semaphore>,
}

impl Announcer {
    pub(crate) fn new(outcomes: Arc<dyn Outcomes>) -> Self {
        Self { outcomes, places: Arc::new(Semaphore::new(MAX_ANNOUNCING)) }
    }

    /// Tells who waits, and the metrics, what became of payments; without waiting for the broker.
    /// While too many announcements are under way, further ones are left out: who waits looks.
    pub(crate) fn announce(&self, changed: &[Payment]) {
        let outcomes = outcomes(changed);
        if outcomes.is_empty() {
            return;
        }
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let port = Arc::clone(&self.outcomes);
        // Not counted among what has to be finished: who waits looks by itself.
        tokio::spawn(async move {
            if let Err(error) = port.announce(&outcomes).await {
                tracing::debug!(%error, "outcomes were not announced; who waits will look");
            }
            drop(place);
        });
    }
}
