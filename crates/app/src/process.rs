//! Processing a batch of hints: set poison aside, claim the rest in one transaction, acknowledge,
//! hand the claimed to the provider calls.
//!
//! What must stay true: a message is acknowledged only after what it asked for has committed, as a
//! claim under a lease, as nothing left to do, or as parked with its reason. One payment that can't
//! be processed never holds up its neighbours.

use crate::retry::until_store_answers;
use crate::settle::Settler;
use crate::worker::{WorkerConfig, WorkerPorts};
use paygate_core::book::Book;
use paygate_core::charge::{self, ClaimPolicy};
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_core::status::{Kind, Status};
use paygate_ports::{DeadLetter, Delivery, DeliveryTag, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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
        if self.process_all(deliveries).await.is_some() {
            if let Err(error) = self.ports.deliveries.ack(&tags).await {
                tracing::warn!(%error, "acknowledging failed; the hints come again");
            }
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

/// Why a payment can't be processed; a stable code.
pub(crate) type Poison = &'static str;

fn claim_one(book: &mut Book, id: PaymentId, policy: &ClaimPolicy) -> Result<(), Poison> {
    match book.payment(id).map(|payment| payment.kind) {
        Some(Kind::Charge) => charge::claim(book, id, policy).map_err(|rejection| rejection.code()),
        Some(_) => Err("unsupported-kind"),
        None => Ok(()),
    }
}

/// What is decided about one payment of a batch.
pub(crate) type DecideOne = Arc<dyn Fn(&mut Book, PaymentId) -> Result<(), Poison> + Send + Sync>;

/// Decides about each of `ids`, all in one transaction if that works. If it fails for a reason that
/// stays, the batch is halved until the culprit is alone, and parked. Answers the payments that
/// changed; `None` if abandoned.
pub(crate) async fn transact_each(
    ward: &QuarantineWard,
    ids: Vec<PaymentId>,
    decide: DecideOne,
) -> Option<Vec<Payment>> {
    let mut changed = Vec::new();
    let mut groups = vec![ids];
    while let Some(group) = groups.pop() {
        let poisoned: Arc<Mutex<Vec<(PaymentId, Poison)>>> = Arc::default();
        let attempt = || {
            let (decide, poisoned, mine) =
                (Arc::clone(&decide), Arc::clone(&poisoned), group.clone());
            let whole = Arc::new(move |book: &mut Book| {
                let found = mine.iter().filter_map(|id| Some((*id, decide(book, *id).err()?)));
                // Replaced, not extended: a decision may run again after a deadlock.
                let found = found.collect();
                *poisoned.lock().unwrap_or_else(PoisonError::into_inner) = found;
            });
            ward.ports.store.transact(group.clone(), whole)
        };
        match ward.patiently("processing a batch", attempt).await? {
            Ok(changes) => {
                changed.extend(changes.payments);
                let found =
                    std::mem::take(&mut *poisoned.lock().unwrap_or_else(PoisonError::into_inner));
                for (id, why) in found {
                    ward.park(id, why).await?;
                }
            }
            Err(error) => match group.as_slice() {
                [] => {}
                [alone] => ward.park(*alone, &error.to_string()).await?,
                many => {
                    let (left, right) = many.split_at(many.len() / 2);
                    groups.extend([left.to_vec(), right.to_vec()]);
                }
            },
        }
    }
    Some(changed)
}

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
