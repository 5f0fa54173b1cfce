//! Setting poison aside, and being patient with a store or broker that is away.

use crate::payments::outcomes::outcomes;
use crate::support::retry::until_store_answers;
use crate::work::setup::WorkerPorts;
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_ports::{DeadLetter, DeliveryTag, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Sets poison aside, and is patient with a store or broker that is away.
#[derive(Clone)]
pub(crate) struct QuarantineWard {
    pub(crate) ports: WorkerPorts,
    pub(crate) abandon: CancellationToken,
    /// After so many returns a payment that was set aside is parked.
    parked_at: i32,
    /// What must not hold up the batches: letters to a broker that may be away.
    beside: TaskTracker,
    /// Places for announcements under way.
    announcing: Arc<Semaphore>,
}

/// The most announcements under way at once.
const MAX_ANNOUNCING: usize = 64;

impl QuarantineWard {
    pub(crate) fn new(ports: WorkerPorts, parked_at: i32, abandon: CancellationToken) -> Self {
        let announcing = Arc::new(Semaphore::new(MAX_ANNOUNCING));
        Self { ports, abandon, parked_at, beside: TaskTracker::new(), announcing }
    }

    /// Repeats a store call while the store is away. `None` if abandoned.
    pub(crate) async fn patiently<T, F>(
        &self,
        what: &'static str,
        call: impl Fn() -> F,
    ) -> Option<Result<T, StoreError>>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        until_store_answers(&*self.ports.clock, &self.abandon, what, call).await
    }

    /// Leaves a payment to the sweeper, which has every open payment on its list, and counts that:
    /// what comes back too often is parked. Not for what a rule forbids, but for what the store keeps
    /// failing at, so that it holds up nothing else. `None` if abandoned.
    pub(crate) async fn set_aside(&self, id: PaymentId, why: &str) -> Option<()> {
        let count = || self.ports.quarantine.redelivered(vec![id], i32::MAX);
        let counted = self.patiently("counting what is set aside", count).await?;
        let times = counted.ok().and_then(|counted| counted.first().map(|one| one.times));
        if times.is_some_and(|times| times > self.parked_at) {
            return self.park(id, why).await;
        }
        tracing::error!(payment_id = %id, why, "a payment is set aside, and tried again later");
        metrics::counter!("paygate_set_aside_total").increment(1);
        Some(())
    }

    /// Parks a payment with its reason; a letter about it goes to the dead-letter queue. `None` if
    /// abandoned.
    pub(crate) async fn park(&self, id: PaymentId, reason: &str) -> Option<()> {
        let letter =
            match self.patiently("parking", || self.ports.quarantine.park(id, reason)).await? {
                Ok(true) => {
                    tracing::error!(payment_id = %id, reason, "a payment is parked");
                    metrics::counter!("paygate_parked_total").increment(1);
                    DeadLetter::of_payment(id, reason.to_owned())
                }
                Ok(false) => return Some(()),
                Err(error) => {
                    tracing::error!(payment_id = %id, %error, "a payment can't even be parked");
                    DeadLetter::of_payment(id, format!("{reason}; {error}"))
                }
            };
        let ward = self.clone();
        self.beside.spawn(async move { ward.dead_letter(letter).await });
        Some(())
    }

    /// Puts a message that can't be read on the dead-letter queue, then acknowledges it; beside the
    /// batch, so that its neighbours do not wait for that.
    pub(crate) fn bury(&self, tag: DeliveryTag, letter: DeadLetter) {
        let ward = self.clone();
        self.beside.spawn(async move {
            if ward.dead_letter(letter).await.is_none() {
                return;
            }
            if let Err(error) = ward.ports.deliveries.ack(&[tag]).await {
                tracing::warn!(%error, "a dead letter's message comes again");
            }
        });
    }

    /// Tells who waits, and the metrics, what became of payments; without waiting for the broker.
    /// While too many announcements are under way, further ones are left out: who waits looks.
    pub(crate) fn announce(&self, changed: &[Payment]) {
        let outcomes = outcomes(changed);
        if outcomes.is_empty() {
            return;
        }
        let Ok(place) = Arc::clone(&self.announcing).try_acquire_owned() else { return };
        let port = Arc::clone(&self.ports.outcomes);
        // Not counted among what has to be finished: who waits looks by itself.
        tokio::spawn(async move {
            if let Err(error) = port.announce(&outcomes).await {
                tracing::debug!(%error, "outcomes were not announced; who waits will look");
            }
            drop(place);
        });
    }

    /// Waits until nothing goes on beside, or the time to abandon it has come.
    pub(crate) async fn finish(&self) {
        self.beside.close();
        tokio::select! {
            biased;
            () = self.beside.wait() => {}
            () = self.abandon.cancelled() => {}
        }
    }

    /// Puts a letter on the dead-letter queue, however long that takes. `None` if abandoned.
    async fn dead_letter(&self, letter: DeadLetter) -> Option<()> {
        while let Err(error) = self.ports.deliveries.dead_letter(letter.clone()).await {
            tracing::warn!(%error, "a dead letter could not be written; trying again");
            tokio::select! {
                biased;
                () = self.abandon.cancelled() => return None,
                () = self.ports.clock.sleep(Duration::from_secs(1)) => {}
            }
        }
        Some(())
    }
}
