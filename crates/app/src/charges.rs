//! Accepting a payment: stored first, published after, answered when both are done.
//!
//! All who wait are stored by one call; publishing is not waited for by the next batch, only by
//! those whose hints it carries.

use crate::await_outcome::await_outcome;
use crate::coalescer::{Coalescer, NotSubmitted, Submitted};
use crate::directory::Directory;
use crate::publish::HintPublisher;
use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{NewPayment, PaymentRecord, Request};
use paygate_core::status::Kind;
use paygate_ports::{
    Accepted, Clock, HintOut, IdSource, Outcomes, PaymentReader, PaymentStore, StoreError,
    TraceContext, Waiting,
};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The most requests that wait to be stored; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most payments stored by one call.
const MAX_BATCH: usize = 500;

/// A charge to be accepted.
#[derive(Clone, Debug)]
pub struct CreateCharge {
    /// How much to take from the payer.
    pub amount: Money,
    /// What the client asked for.
    pub request: Request,
    /// The request's trace.
    pub context: TraceContext,
    /// How long to wait for the outcome; not at all if `None`.
    pub wait: Option<Duration>,
}

/// An accepted payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// As it is now.
    pub record: PaymentRecord,
    /// Whether it was accepted by an earlier request with the same key.
    pub replayed: bool,
}

/// Why a payment was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateError {
    /// Payments in this currency are not taken.
    #[error("{0} is not enabled")]
    CurrencyNotEnabled(Currency),
    /// The key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The merchant has a payment of that reference.
    #[error("the reference is taken by payment {existing}")]
    ReferenceTaken {
        /// That payment.
        existing: PaymentId,
    },
    /// Too many requests wait already.
    #[error("too many payments wait to be accepted")]
    Overloaded,
    /// The store could not or would not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotSubmitted> for CreateError {
    fn from(why: NotSubmitted) -> Self {
        match why {
            NotSubmitted::Overloaded => Self::Overloaded,
            // It may be stored: the client must repeat it to know.
            NotSubmitted::NoAnswer => {
                Self::Store(StoreError::Unavailable("the store gave no answer".to_owned()))
            }
        }
    }
}

type Answer = Result<Accepted, StoreError>;
type Waiter = Submitted<(NewPayment, TraceContext), Answer>;

/// Accepts payments.
#[derive(Clone)]
pub struct CreatePayment {
    accepting: Coalescer<(NewPayment, TraceContext), Answer>,
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    directory: Arc<Directory>,
}

impl CreatePayment {
    /// Accepts payments into this store. Starts the task that stores them, on the current runtime.
    #[must_use]
    pub fn new(
        store: Arc<dyn PaymentStore>,
        reader: Arc<dyn PaymentReader>,
        publisher: HintPublisher,
        outcomes: Arc<dyn Outcomes>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        directory: Arc<Directory>,
    ) -> Self {
        let accepting = Coalescer::start(MAX_WAITING, MAX_BATCH, move |batch| {
            Box::pin(accept(Arc::clone(&store), publisher.clone(), batch))
        });
        Self { accepting, reader, outcomes, clock, ids, directory }
    }

    /// The currencies payments are taken in, by code.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.directory.currencies()
    }

    /// Accepts a charge. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored (or, with a transient store error, it can't be
    /// told).
    pub async fn charge(&self, charge: CreateCharge) -> Result<Created, CreateError> {
        let currency = charge.amount.currency;
        let accounts = self.directory.charge(&charge.request.merchant, currency);
        let (source, destination) = accounts.ok_or(CreateError::CurrencyNotEnabled(currency))?;
        let id = PaymentId(self.ids.uuid_v7());
        let payment = NewPayment {
            id,
            kind: Kind::Charge,
            amount: charge.amount,
            source,
            destination,
            request: charge.request,
        };
        // Registered before the hint is published, so that no announcement comes too early.
        let announced = charge.wait.map(|_| self.outcomes.wait_for(id));

        let submitted = self.accepting.try_submit((payment.clone(), charge.context)).await;
        let (record, replayed, announced) = match submitted.map_err(CreateError::from)?? {
            Accepted::Created(at) => (payment.accepted(at), false, announced),
            Accepted::Replayed(record) => {
                let announced = charge.wait.map(|_| self.outcomes.wait_for(record.payment.id));
                (*record, true, announced)
            }
            Accepted::KeyReused => return Err(CreateError::KeyReused),
            Accepted::ReferenceTaken { existing } => {
                return Err(CreateError::ReferenceTaken { existing });
            }
            Accepted::Refused(error) => return Err(error.into()),
        };
        let record = self.after_waiting(record, announced, charge.wait).await;
        Ok(Created { record, replayed })
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
        Accepted::Refused(_) => "refused",
    }
}

fn count(result: &'static str, payments: usize) {
    metrics::counter!("paygate_accepts_total", "result" => result).increment(payments as u64);
}
