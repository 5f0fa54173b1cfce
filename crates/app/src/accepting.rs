//! Accepting a payment of any kind: stored first, published after, answered when both are done.
//!
//! All who wait are stored by one call; publishing is not waited for by the next batch, only by
//! those whose hints it carries.

use crate::await_outcome::await_outcome;
use crate::coalescer::{Coalescer, Submitted};
use crate::create_error::CreateError;
use crate::publish::HintPublisher;
use paygate_core::payment::{NewPayment, PaymentRecord, Request};
use paygate_core::status::Kind;
use paygate_ports::{
    Accepted, Clock, HintOut, IdSource, Outcomes, PaymentReader, PaymentStore, StoreError,
    TraceContext, Waiting,
};
use std::sync::Arc;
use std::time::Duration;

/// The most requests that wait to be stored; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most payments stored by one call.
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

type Answer = Result<Accepted, StoreError>;
type Waiter = Submitted<(NewPayment, TraceContext), Answer>;

/// Accepts payments that have been checked.
#[derive(Clone)]
pub struct Accepting {
    accepting: Coalescer<(NewPayment, TraceContext), Answer>,
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl Accepting {
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
        let accepting = Coalescer::start(MAX_WAITING, MAX_BATCH, move |batch| {
            Box::pin(accept(Arc::clone(&store), publisher.clone(), batch))
        });
        Self { accepting, reader, outcomes, clock, ids }
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
        let submitted = self.accepting.try_submit((payment.clone(), call.context)).await;
        let record = match submitted.map_err(CreateError::from)?? {
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
        kind: Kind,
        request: &Request,
        wait: Option<Duration>,
        refusal: CreateError,
    ) -> Result<Created, CreateError> {
        let Some(sent) = request.idempotency.as_ref().filter(|_| refusal.is_final()) else {
            return Err(refusal);
        };
        let found = self.reader.by_key(&request.caller, kind, &sent.key).await?;
        let Some(record) = found else { return Err(refusal) };
        match record.request.idempotency.as_ref().is_some_and(|stored| stored.hash == sent.hash) {
            true => Ok(self.replayed(record, wait).await),
            false => Err(CreateError::KeyReused),
        }
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
async fn accept(store: Arc<dyn PaymentStore>, publisher: HintPublisher, batch: Vec<Waiter>) {
    metrics::histogram!("paygate_accept_batch_size").record(batch.len() as f64);
    let payments: Vec<NewPayment> = batch.iter().map(|waiter| waiter.item.0.clone()).collect();
    // Once more after a passing error: a connection may have died in the pool, or the answer of a
    // commit was lost; the ids tell the store which.
    let accepted = match store.accept(payments.clone()).await {
        Err(error) if error.is_transient() => store.accept(payments).await,
        accepted => accepted,
    };
    match accepted {
        Ok(accepted) => {
            tokio::spawn(publish_and_answer(publisher, batch, accepted));
        }
        Err(error) => {
            tracing::warn!(%error, payments = batch.len(), "a batch was not accepted");
            count("store-error", batch.len());
            for waiter in batch {
                // A client that went away needs no answer.
                let _ = waiter.answer.send(Err(error.clone()));
            }
        }
    }
}

async fn publish_and_answer(publisher: HintPublisher, batch: Vec<Waiter>, accepted: Vec<Accepted>) {
    let mut hints = Vec::with_capacity(batch.len());
    for (waiter, accepted) in batch.iter().zip(&accepted) {
        count(result_name(accepted), 1);
        if matches!(accepted, Accepted::Created(_)) {
            let (payment, context) = &waiter.item;
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
