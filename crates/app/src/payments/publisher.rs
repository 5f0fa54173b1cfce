//! Publishing the hint of what was just accepted, with the broker's confirm as back-pressure.
//!
//! The accepted rows are their own outbox: a hint that is not published now is the sweeper's to
//! publish. So nothing is ever kept here for later, and while the broker is in trouble accepting
//! goes on without waiting for it.

use paygate_ports::{Clock, HintOut, PaymentQueue};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Publishes hints of accepted payments. Clones share one view of the broker's health.
#[derive(Clone)]
pub struct HintPublisher {
    queue: Arc<dyn PaymentQueue>,
    clock: Arc<dyn Clock>,
    /// The longest an answer waits for the confirm.
    confirm_timeout: Duration,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The last publish was not confirmed in time: answers do not wait until one is.
    troubled: AtomicBool,
    /// In trouble, one publish at a time goes out to find out whether it is over.
    probing: AtomicBool,
}

impl HintPublisher {
    /// A publisher on this queue.
    #[must_use]
    pub fn new(
        queue: Arc<dyn PaymentQueue>,
        clock: Arc<dyn Clock>,
        confirm_timeout: Duration,
    ) -> Self {
        Self { queue, clock, confirm_timeout, state: Arc::default() }
    }

    /// Publishes, and returns when that is confirmed, when the time for it is over, or, in trouble,
    /// at once.
    pub(crate) async fn publish(&self, hints: Vec<HintOut>) {
        if !self.state.troubled.load(Ordering::Acquire) {
            let publishing = tokio::spawn(self.clone().publish_now(hints));
            tokio::select! {
                biased;
                // A publish that panicked has told nobody; the sweeper will.
                _ = publishing => {}
                () = self.clock.sleep(self.confirm_timeout) => self.trouble("no confirm in time"),
            }
        } else if !self.state.probing.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().probe(hints));
        } else {
            metrics::counter!("paygate_publishes_left_to_sweeper_total").increment(count(&hints));
        }
    }

    async fn probe(self, hints: Vec<HintOut>) {
        let _probing = Probing(Arc::clone(&self.state));
        self.publish_now(hints).await;
    }

    async fn publish_now(self, hints: Vec<HintOut>) {
        let left = count(&hints);
        match self.queue.publish(hints).await {
            Ok(()) => {
                if self.state.troubled.swap(false, Ordering::AcqRel) {
                    tracing::info!("the queue confirms again; answers wait for it again");
                }
            }
            Err(error) => {
                metrics::counter!("paygate_publishes_left_to_sweeper_total").increment(left);
                self.trouble(&error.to_string());
            }
        }
    }

    fn trouble(&self, why: &str) {
        if !self.state.troubled.swap(true, Ordering::AcqRel) {
            tracing::warn!(why, "publishing is in trouble; the sweeper publishes what is accepted");
        }
    }
}

/// The one probe; lets the next one out when it ends, also by a panic.
struct Probing(Arc<State>);

impl Drop for Probing {
    fn drop(&mut self) {
        self.0.probing.store(false, Ordering::Release);
    }
}

fn count(hints: &[HintOut]) -> u64 {
    u64::try_from(hints.len()).unwrap_or(u64::MAX)
}
