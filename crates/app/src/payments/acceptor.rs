//! Accepting a payment of any kind: stored first, published after, answered when both are done.
//!
//! All who wait are stored by one call; publishing is not waited for by the next batch, only by
//! those whose hints it carries.

use crate::payments::await_outcome::await_outcome;
use crate::payments::create_error::CreateError;
use crate::payments::publisher::HintPublisher;
use crate::support::coalescer::{Coalescer, Submitted, Unknown};
use paygate_core::id::PaymentId;
use paygate_core::identity::{Idempotency, Owner};
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::text::Reference;
use paygate_ports::{
    Accepted, Clock, HintOut, IdSource, Outcomes, PaymentQuery, PaymentReader, PaymentStore,
    StoreError, TraceContext, Waiting,
};
use std::sync::Arc;
use std::time::Duration;

/// The most requests that wait to be stored; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most payments stored by one call, if nobody says otherwise.
const MAX_BATCH: usize = 500;

/// An accepted payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// As it is now.
    pub record: PaymentRecord,
    /// Whether it was accepted by an earlier request with the same key.
    pub replayed: bool,
}

/// How a request came, and how long its client waits.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The request's trace.
    pub context: TraceContext,
    /// How long to wait for the outcome; not at all if `None`.
    pub wait: Option<Duration>,
}

/// A payment to be stored, and the trace of its request.
type Item = (NewPayment, TraceContext);
type Answer = Result<Accepted, StoreError>;
type Waiter = Submitted<Item, Answer>;

/// Accepts payments that have been checked.
#[derive(Clone)]
pub struct Acceptor {
    batches: Coalescer<Item, Answer>,
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl Acceptor {
    /// Accepts payments into this store. Starts the task that stores them, on the current runtime.
    #[must_use]
    pub fn new(
        store: Arc<dyn PaymentStore>,
        reader: Arc<dyn PaymentReader>,
        publisher: HintPublisher,
        outcomes: Arc<dyn Outcomes>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self::with_batches_of(MAX_BATCH, store, reader, publisher, outcomes, clock, ids)
    }

    /// [`Acceptor::new`], with at most so many payments stored by one call.
    #[must_use]
    pub fn with_batches_of(
        most: usize,
        store: Arc<dyn PaymentStore>,
        reader: Arc<dyn PaymentReader>,
        publisher: HintPublisher,
        outcomes: Arc<dyn Outcomes>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let batches = Coalescer::start(MAX_WAITING, most, move |batch| {
            Box::pin(accept(Arc::clone(&store), publisher.clone(), batch))
        });
        Self { batches, reader, outcomes, clock, ids }
    }

    pub(crate) fn ids(&self) -> &dyn IdSource {
        &*self.ids
    }

    pub(crate) fn reader(&self) -> &dyn PaymentReader {
        &*self.reader
    }

    /// Accepts a payment. Once it is stored the answer is the payment, whatever happens after.
    pub(crate) async fn accept(
        &self,
        payment: NewPayment,
        call: Call,
    ) -> Result<Created, CreateError> {
        // Registered before the hint is published, so that no announcement comes too early.
        let announced = call.wait.map(|_| self.outcomes.wait_for(payment.id));
        let item = (payment.clone(), call.context);
        let record = match self.batches.try_submit(item).await.map_err(CreateError::from)?? {
            Accepted::Created(at) => payment.accepted(at),
            Accepted::Replayed(record) => return Ok(self.replayed(*record, call.wait).await),
            Accepted::KeyReused => return Err(CreateError::KeyReused),
            Accepted::ReferenceTaken { existing } => {
                return Err(CreateError::ReferenceTaken { existing });
            }
            Accepted::QuoteUsed { existing } => return Err(CreateError::QuoteUsed { existing }),
            Accepted::Refused(error) => return Err(error.into()),
        };
        let record = self.after_waiting(record, announced, call.wait).await;
        Ok(Created { record, replayed: false })
    }

    /// What a request is answered that was found wanting before it was stored: if its key was
    /// accepted before, by the same request, that payment; otherwise `refusal`. What happened to the
    /// accounts since then is no reason to answer a repeated request in another way, nor is a twin
    /// that was accepted a moment ago.
    pub(crate) async fn replay_or(
        &self,
        sent: Option<Idempotency>,
        named: Option<(Owner, Reference)>,
        wait: Option<Duration>,
        refusal: CreateError,
    ) -> Result<Created, CreateError> {
        if !refusal.is_final() || (sent.is_none() && named.is_none()) {
            return Err(refusal);
        }
        // A twin may be waiting to be stored. What comes after it through the same door finds it.
        self.batches.passed().await?;
        if let Some(sent) = sent
            && let Some(record) = self.reader.by_key(sent.key).await?
        {
            let stored = record.request.idempotency.map(|stored| stored.hash);
            return match stored == Some(sent.hash) {
                true => Ok(self.replayed(record, wait).await),
                false => Err(CreateError::KeyReused),
            };
        }
        match self.of_reference(named).await? {
            Some(existing) => Err(CreateError::ReferenceTaken { existing }),
            None => Err(refusal),
        }
    }

    /// The owner's payment of that reference, which a client without a key knows its request by.
    async fn of_reference(
        &self,
        named: Option<(Owner, Reference)>,
    ) -> Result<Option<PaymentId>, StoreError> {
        let Some((owner, reference)) = named else { return Ok(None) };
        let query = PaymentQuery {
            owner: Some(owner),
            status: None,
            kind: None,
            currency: None,
            parent: None,
            reference: Some(reference),
            created_after: None,
            created_before: None,
            limit: 1,
            cursor: None,
        };
        let found = self.reader.payments(query).await?;
        Ok(found.items.first().map(|record| record.payment.id))
    }

    async fn replayed(&self, record: PaymentRecord, wait: Option<Duration>) -> Created {
        let announced = wait.map(|_| self.outcomes.wait_for(record.payment.id));
        Created { record: self.after_waiting(record, announced, wait).await, replayed: true }
    }

    /// The payment when it is no longer in flight or the time is over; as it was if the store is
    /// away meanwhile: it is accepted, and that is what the client must hear.
    async fn after_waiting(
        &self,
        record: PaymentRecord,
        announced: Option<Waiting>,
        wait: Option<Duration>,
    ) -> PaymentRecord {
        let (Some(announced), Some(limit)) = (announced, wait) else { return record };
        if !record.payment.status.is_in_flight() {
            return record;
        }
        let id = record.payment.id;
        let outcome = await_outcome(&*self.reader, &*self.clock, id, announced, limit).await;
        outcome.ok().flatten().unwrap_or(record)
    }
}

/// Stores a batch, then lets its hints be published and its clients be answered while the next
/// batch is stored.
async fn accept(
    store: Arc<dyn PaymentStore>,
    publisher: HintPublisher,
    batch: Vec<Waiter>,
) -> Result<(), Unknown> {
    let payments = batch.iter().map(|waiter| waiter.item.0.clone()).collect();
    match store_batch(&*store, payments).await {
        Ok(accepted) => {
            tokio::spawn(publish_and_answer(publisher, batch, accepted));
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%error, payments = batch.len(), "a batch was not accepted");
            count("store-error", batch.len());
            for waiter in batch {
                // A client that went away needs no answer.
                let _ = waiter.answer.send(Err(error.clone()));
            }
            Err(Unknown)
        }
    }
}

/// Stores, once more after a passing error: a connection may have died in the pool, or the answer of
/// a commit was lost; the ids tell the store which.
async fn store_batch(
    store: &dyn PaymentStore,
    payments: Vec<NewPayment>,
) -> Result<Vec<Accepted>, StoreError> {
    metrics::histogram!("paygate_accept_batch_size").record(payments.len() as f64);
    match store.accept(payments.clone()).await {
        Err(error) if error.is_transient() => store.accept(payments).await,
        accepted => accepted,
    }
}

async fn publish_and_answer(publisher: HintPublisher, batch: Vec<Waiter>, accepted: Vec<Accepted>) {
    let mut hints = Vec::with_capacity(batch.len());
    for (waiter, accepted) in batch.iter().zip(&accepted) {
        let (payment, context) = &waiter.item;
        count(result_name(accepted), 1);
        if matches!(accepted, Accepted::Created(_)) {
            hints.push(HintOut { id: payment.id, context: context.clone() });
        }
    }
    if !hints.is_empty() {
        publisher.publish(hints).await;
    }
    for (waiter, accepted) in batch.into_iter().zip(accepted) {
        let _ = waiter.answer.send(Ok(accepted));
    }
}

fn result_name(accepted: &Accepted) -> &'static str {
    match accepted {
        Accepted::Created(_) => "created",
        Accepted::Replayed(_) => "replayed",
        Accepted::KeyReused => "key-reused",
        Accepted::ReferenceTaken { .. } => "reference-taken",
        Accepted::QuoteUsed { .. } => "quote-used",
        Accepted::Refused(_) => "refused",
    }
}

fn count(result: &'static str, payments: usize) {
    metrics::counter!("paygate_accepts_total", "result" => result).increment(payments as u64);
}
