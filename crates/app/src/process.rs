//! Processing a batch of hints: set poison aside, claim the rest in one transaction, acknowledge,
//! hand the claimed to the provider calls.
//!
//! What must stay true: a message is acknowledged only after what it asked for has committed, as a
//! claim under a lease, as nothing left to do, or as parked with its reason. One payment that can't
//! be processed never holds up its neighbours.

use crate::settle::Settler;
use crate::transact_each::{Poison, transact_each};
use crate::ward::QuarantineWard;
use crate::worker_setup::{WorkerConfig, WorkerPorts};
use paygate_core::book::Book;
use paygate_core::charge::{self, ClaimPolicy};
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_core::status::{Kind, Status};
use paygate_ports::{DeadLetter, Delivery, DeliveryTag};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Processes batches, one at a time; provider calls go on beside.
pub(crate) struct Processor {
    ports: WorkerPorts,
    config: WorkerConfig,
    settler: Settler,
    quarantine: QuarantineWard,
}

impl Processor {
    pub(crate) fn new(
        ports: WorkerPorts,
        config: WorkerConfig,
        abandon: CancellationToken,
    ) -> Self {
        let quarantine = QuarantineWard { ports: ports.clone(), abandon };
        let settler = Settler::new(&ports, &config, quarantine.clone());
        Self { ports, config, settler, quarantine }
    }

    /// Waits until charges may be claimed, and answers how many.
    pub(crate) async fn room(&self) -> usize {
        self.settler.room().await
    }

    /// Waits until nothing is in hand.
    pub(crate) async fn finish(&self) {
        self.settler.finish().await;
    }

    /// Processes what was delivered, and acknowledges it unless the time to abandon it came first.
    #[tracing::instrument(level = "info", name = "batch", skip_all, fields(messages = deliveries.len(), payments))]
    pub(crate) async fn process(&self, deliveries: Vec<Delivery>) {
        let tags: Vec<DeliveryTag> = deliveries.iter().map(|delivery| delivery.tag).collect();
        if self.process_all(deliveries).await.is_none() {
            return;
        }
        if let Err(error) = self.ports.deliveries.ack(&tags).await {
            tracing::warn!(%error, "acknowledging failed; the hints come again");
        }
    }

    /// `None` if it was abandoned with something left undone.
    async fn process_all(&self, deliveries: Vec<Delivery>) -> Option<()> {
        let mut fresh = BTreeSet::new();
        let mut again = BTreeSet::new();
        for delivery in deliveries {
            match delivery.hint {
                Ok(hint) if delivery.redelivered => again.extend(hint.ids),
                Ok(hint) => fresh.extend(hint.ids),
                Err(reason) => {
                    tracing::error!(%reason, "an unparsable message goes to the dead letters");
                    let letter = DeadLetter { body: delivery.body, reason };
                    self.quarantine.dead_letter(letter).await?;
                }
            }
        }
        tracing::Span::current().record("payments", fresh.len() + again.len());
        let alone = self.count_redelivered(&mut fresh, again).await?;
        let mut groups: Vec<Vec<PaymentId>> = alone.into_iter().map(|id| vec![id]).collect();
        groups.extend(
            fresh
                .into_iter()
                .collect::<Vec<_>>()
                .chunks(self.config.batch.max(1))
                .map(<[_]>::to_vec),
        );
        for group in groups {
            let claimed_at = self.ports.clock.now();
            for payment in self.claim(group).await? {
                self.settler.call(payment, claimed_at);
            }
        }
        Some(())
    }

    /// Counts what came again, before anything is tried with it. What came too often is parked; what
    /// came often is answered, to be processed alone; the rest joins `fresh`.
    async fn count_redelivered(
        &self,
        fresh: &mut BTreeSet<PaymentId>,
        again: BTreeSet<PaymentId>,
    ) -> Option<Vec<PaymentId>> {
        let mut alone = Vec::new();
        if again.is_empty() {
            return Some(alone);
        }
        let ids: Vec<PaymentId> = again.into_iter().collect();
        let counted = self
            .quarantine
            .patiently("counting redeliveries", || self.ports.quarantine.redelivered(ids.clone()))
            .await?;
        match counted {
            Ok(counted) => {
                for one in counted {
                    fresh.remove(&one.id);
                    if one.times >= self.config.parked_at {
                        let why = format!("redelivered {} times without being settled", one.times);
                        self.quarantine.park(one.id, &why).await?;
                    } else if one.times >= self.config.alone_from {
                        alone.push(one.id);
                    } else {
                        fresh.insert(one.id);
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, "redeliveries can't be counted; each is processed alone");
                alone = ids;
            }
        }
        Some(alone)
    }

    /// Claims a group of payments and answers those that a provider must now be asked about.
    async fn claim(&self, ids: Vec<PaymentId>) -> Option<Vec<Payment>> {
        let policy = self.config.policy.clone();
        let decide = move |book: &mut Book, id| claim_one(book, id, &policy);
        let changed = transact_each(&self.quarantine, ids, Arc::new(decide)).await?;
        let claimed: Vec<Payment> =
            changed.into_iter().filter(|it| it.status == Status::Processing).collect();
        metrics::counter!("paygate_claims_total").increment(claimed.len() as u64);
        Some(claimed)
    }
}

fn claim_one(book: &mut Book, id: PaymentId, policy: &ClaimPolicy) -> Result<(), Poison> {
    match book.payment(id).map(|payment| payment.kind) {
        Some(Kind::Charge) => charge::claim(book, id, policy).map_err(|rejection| rejection.code()),
        Some(_) => Err("unsupported-kind"),
        None => Ok(()),
    }
}
