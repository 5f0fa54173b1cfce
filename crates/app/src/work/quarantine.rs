//! Setting aside what nobody can process, and telling the operator of it by a dead letter.

use crate::support::retry::Patience;
use crate::work::setup::WorkerPorts;
use paygate_core::id::PaymentId;
use paygate_ports::{DeadLetter, DeliveryTag};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Sets aside, parks and buries, so that poison holds up nothing else.
#[derive(Clone)]
pub(crate) struct Quarantiner {
    pub(crate) ports: WorkerPorts,
    pub(crate) patience: Patience,
    /// After so many returns a payment that was set aside is parked.
    parked_at: i32,
    /// What must not hold up the batches: letters to a broker that may be away.
    beside: TaskTracker,
}

impl Quarantiner {
    pub(crate) fn new(ports: WorkerPorts, parked_at: i32, patience: Patience) -> Self {
        Self { ports, patience, parked_at, beside: TaskTracker::new() }
    }

    /// Leaves a payment to the sweeper, which has every open payment on its list, and counts that:
    /// what comes back too often is parked. Not for what a rule forbids, but for what the store keeps
    /// failing at, so that it holds up nothing else. `None` if abandoned.
    pub(crate) async fn set_aside(&self, id: PaymentId, why: &str) -> Option<()> {
        let count = || self.ports.quarantine.redelivered(vec![id], i32::MAX);
        let counted = self.patience.with_store("counting what is set aside", count).await?;
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
        let letter = match self
            .patience
            .with_store("parking", || self.ports.quarantine.park(id, reason))
            .await?
        {
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
        let quarantiner = self.clone();
        self.beside.spawn(async move { quarantiner.dead_letter(letter).await });
        Some(())
    }

    /// Puts a message that can't be read on the dead-letter queue, then acknowledges it; beside the
    /// batch, so that its neighbours do not wait for that.
    pub(crate) fn bury(&self, tag: DeliveryTag, letter: DeadLetter) {
        let quarantiner = self.clone();
        self.beside.spawn(async move {
            if quarantiner.dead_letter(letter).await.is_none() {
                return;
            }
            if let Err(error) = quarantiner.ports.deliveries.ack(&[tag]).await {
                tracing::warn!(%error, "a dead letter's message comes again");
            }
        });
    }

    /// Waits until nothing goes on beside, or the time to abandon it has come.
    pub(crate) async fn finish(&self) {
        self.beside.close();
        tokio::select! {
            biased;
            () = self.beside.wait() => {}
            () = self.patience.over() => {}
        }
    }

    /// Puts a letter on the dead-letter queue, however long that takes. `None` if abandoned.
    async fn dead_letter(&self, letter: DeadLetter) -> Option<()> {
        while let Err(error) = self.ports.deliveries.dead_letter(letter.clone()).await {
            tracing::warn!(%error, "a dead letter could not be written; trying again");
            self.patience.wait(Duration::from_secs(1)).await?;
        }
        Some(())
    }
}
