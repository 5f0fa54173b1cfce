//! Setting poison aside, and being patient with a store or broker that is away.

use crate::retry::until_store_answers;
use crate::worker_setup::WorkerPorts;
use paygate_core::id::PaymentId;
use paygate_ports::{DeadLetter, StoreError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Sets poison aside, and is patient with a store or broker that is away.
#[derive(Clone)]
pub(crate) struct QuarantineWard {
    pub(crate) ports: WorkerPorts,
    pub(crate) abandon: CancellationToken,
}

impl QuarantineWard {
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

    /// Parks a payment with its reason and puts its id on the dead-letter queue. `None` if
    /// abandoned.
    pub(crate) async fn park(&self, id: PaymentId, reason: &str) -> Option<()> {
        tracing::error!(payment_id = %id, reason, "a payment is parked");
        match self.patiently("parking", || self.ports.quarantine.park(id, reason)).await? {
            Ok(true) => {
                metrics::counter!("paygate_parked_total").increment(1);
                self.dead_letter(DeadLetter::of_payment(id, reason.to_owned())).await
            }
            Ok(false) => Some(()),
            Err(error) => {
                tracing::error!(payment_id = %id, %error, "a payment can't even be parked");
                self.dead_letter(DeadLetter::of_payment(id, format!("{reason}; {error}"))).await
            }
        }
    }

    /// Puts a letter on the dead-letter queue, however long that takes. `None` if abandoned.
    pub(crate) async fn dead_letter(&self, letter: DeadLetter) -> Option<()> {
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
