//! Processing a batch of hints: set poison aside, settle or claim the rest in one transaction,
//! acknowledge, hand the claimed to the provider calls.
//!
//! What must stay true: a message is acknowledged only after what it asked for has committed, as a
//! claim under a lease, as nothing left to do, or as parked with its reason. One payment that can't
//! be processed never holds up its neighbours.

use crate::support::retry::Patience;
use crate::work::announcer::Announcer;
use crate::work::quarantine::Quarantiner;
use crate::work::settle::Settler;
use crate::work::setup::{WorkerConfig, WorkerPorts};
use crate::work::transact_each::{Changed, transact_each};
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use paygate_core::work;
use paygate_ports::{DeadLetter, Delivery, DeliveryTag, Redelivered};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How many requests a batch's span names.
const MAX_TRACED: usize = 5;

/// Processes batches, one at a time; provider calls go on beside.
pub(crate) struct Processor {
    ports: WorkerPorts,
    config: WorkerConfig,
    settler: Settler,
    quarantiner: Quarantiner,
    announcer: Announcer,
}

impl Processor {
    pub(crate) fn new(
        ports: WorkerPorts,
        config: WorkerConfig,
        abandon: CancellationToken,
    ) -> Self {
        let patience = Patience::new(Arc::clone(&ports.clock), abandon);
        let quarantiner = Quarantiner::new(ports.clone(), config.parked_at, patience);
        let announcer = Announcer::new(Arc::clone(&ports.outcomes));
        let settler = Settler::new(&ports, &config, quarantiner.clone(), announcer.clone());
        Self { ports, config, settler, quarantiner, announcer }
    }

    /// Waits until charges may be claimed, and answers how many.
    pub(crate) async fn room(&self) -> usize {
        self.settler.room().await
    }

    /// Waits until nothing is in hand, or the time to abandon it has come.
    pub(crate) async fn finish(&self) {
        self.settler.finish(&self.quarantiner.patience).await;
        self.quarantiner.finish().await;
    }

    /// Processes what was delivered, and acknowledges it unless the time to abandon it came first.
    #[tracing::instrument(level = "info", name = "batch", skip_all,
        fields(messages = deliveries.len(), payments, request_id, traceparent))]
    pub(crate) async fn process(&self, deliveries: Vec<Delivery>) {
        trace(&deliveries);
        let mut tags: Vec<DeliveryTag> = Vec::with_capacity(deliveries.len());
        let (mut fresh, mut again) = (BTreeSet::new(), BTreeSet::new());
        for delivery in deliveries {
            match delivery.hint {
                Ok(hint) => {
                    tags.push(delivery.tag);
                    if delivery.redelivered { &mut again } else { &mut fresh }.extend(hint.ids);
                }
                Err(reason) => {
                    tracing::error!(%reason, "an unparsable message goes to the dead letters");
                    self.quarantiner.bury(delivery.tag, DeadLetter { body: delivery.body, reason });
                }
            }
        }
        tracing::Span::current().record("payments", fresh.len() + again.len());
        if self.process_ids(fresh, again).await.is_none() {
            return;
        }
        if let Err(error) = self.ports.deliveries.ack(&tags).await {
            tracing::warn!(%error, "acknowledging failed; the hints come again");
        }
    }

    /// `None` if it was abandoned with something left undone.
    async fn process_ids(
        &self,
        mut fresh: BTreeSet<PaymentId>,
        again: BTreeSet<PaymentId>,
    ) -> Option<()> {
        for id in self.suspects(&mut fresh, again).await? {
            if !self.parked_as_poison(id).await? {
                self.claim_and_call(vec![id]).await?;
            }
        }
        let together: Vec<PaymentId> = fresh.into_iter().collect();
        for group in together.chunks(self.config.batch.max(1)) {
            self.claim_and_call(group.to_vec()).await?;
        }
        Some(())
    }

    /// Counts what came again, before anything is tried with it. What came often is answered, to be
    /// tried alone; the rest joins `fresh`.
    async fn suspects(
        &self,
        fresh: &mut BTreeSet<PaymentId>,
        again: BTreeSet<PaymentId>,
    ) -> Option<Vec<PaymentId>> {
        if again.is_empty() {
            return Some(Vec::new());
        }
        let alone_from = self.config.alone_from;
        let counted = self.count(again.into_iter().collect(), alone_from, alone_from).await?;
        let mut alone = Vec::new();
        for Redelivered { id, times } in counted {
            fresh.remove(&id);
            if times >= alone_from {
                alone.push(id);
            } else {
                fresh.insert(id);
            }
        }
        Some(alone)
    }

    /// Counts a suspect for itself, just before it is tried alone, so that what dies of it counts
    /// against no other. Parks it if it was tried alone too often.
    async fn parked_as_poison(&self, id: PaymentId) -> Option<bool> {
        let counted = self.count(vec![id], i32::MAX, 0).await?;
        let times = counted.first().map_or(0, |one| one.times);
        if times <= self.config.parked_at {
            return Some(false);
        }
        let why = format!("redelivered {} times without being settled", times.saturating_sub(1));
        self.quarantiner.park(id, &why).await?;
        Some(true)
    }

    /// Counts redeliveries; what the store refuses to count is taken for `if_refused`.
    async fn count(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
        if_refused: i32,
    ) -> Option<Vec<Redelivered>> {
        let count = || self.ports.quarantine.redelivered(ids.clone(), below);
        match self.quarantiner.patience.with_store("counting redeliveries", count).await? {
            Ok(counted) => Some(counted),
            Err(error) => {
                tracing::error!(%error, "redeliveries can't be counted");
                let taken = |id: &PaymentId| Redelivered { id: *id, times: if_refused };
                Some(ids.iter().map(taken).collect())
            }
        }
    }

    /// Does what is due for a group of payments, and has the provider asked about those that are
    /// claimed now.
    async fn claim_and_call(&self, ids: Vec<PaymentId>) -> Option<()> {
        let policy = self.config.policy.clone();
        let decide = move |book: &mut Book, id| work::process(book, id, &policy);
        let changed =
            transact_each(&self.quarantiner, ids, Loads::ForClaims, Arc::new(decide)).await?;
        let mut done = Vec::new();
        for Changed { payment, since } in changed {
            if payment.status == Status::Processing {
                metrics::counter!("paygate_claims_total").increment(1);
                self.settler.call(payment, since);
            } else {
                done.push(payment);
            }
        }
        if !done.is_empty() {
            metrics::histogram!("paygate_settle_batch_size").record(done.len() as f64);
        }
        self.announcer.announce(&done);
        Some(())
    }
}

/// Names, in the batch's span, the requests that its payments came from: of each message the first,
/// of the messages the first few.
fn trace(deliveries: &[Delivery]) {
    let contexts =
        || deliveries.iter().filter_map(|it| it.hint.as_ref().ok()).map(|it| &it.context);
    let requests: Vec<&str> =
        contexts().filter_map(|it| it.request_id.as_deref()).take(MAX_TRACED).collect();
    let span = tracing::Span::current();
    span.record("request_id", requests.join(","));
    if let Some(traceparent) = contexts().find_map(|it| it.traceparent.as_deref()) {
        span.record("traceparent", traceparent);
    }
}
