//! Accepting a payment of any kind: checked against its accounts and stored first, published after,
//! answered when all is done.
//!
//! All who wait are looked up by one call and stored by another; publishing is not waited for by the
//! next batch, only by
//! those whose hints it carries.

use crate::accounts::find::AccountFinder;
use crate::payments::await_outcome::await_outcome;
use crate::payments::create_error::CreateError;
use crate::payments::draft::{Draft, check_each};
use crate::payments::pace::Pace;
use crate::payments::publisher::HintPublisher;
use crate::support::coalescer::{Coalescer, Company, Submitted, Unknown};
use paygate_core::id::PaymentId;
use paygate_core::identity::{Idempotency, Owner};
use paygate_core::kind::DecidedBy;
use paygate_core::payment::{NewPayment, PaymentRecord};
use paygate_core::text::Reference;
use paygate_ports::{
    Accepted, Clock, HintOut, IdSource, Outcomes, PaymentQuery, PaymentReader, PaymentStore,
    StoreError, TraceContext, Waiting,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// The most requests that wait to be stored; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;

/// A batch of one statement costs as much as some ten of its payments do, and so does all that follows
/// it; a wait this short is hardly seen.
const COMPANY: Company = Company { from: 4, at_most: Duration::from_millis(4) };

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
type Item = (Draft, TraceContext);
type Answer = Result<(NewPayment, Accepted), CreateError>;
type Waiter = oneshot::Sender<Answer>;

/// A payment that has been checked, with whom to tell.
struct Ready {
    payment: NewPayment,
    context: TraceContext,
    waiter: Waiter,
}

/// Checks payments against their accounts and accepts them.
#[derive(Clone)]
pub struct Acceptor {
    batches: Coalescer<Item, Answer>,
    reader: Arc<dyn PaymentReader>,
    outcomes: Arc<dyn Outcomes>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// What an [`Acceptor`] works with.
pub struct AcceptorPorts {
    /// Where payments are stored.
    pub store: Arc<dyn PaymentStore>,
    /// Where they are read.
    pub reader: Arc<dyn PaymentReader>,
    /// Finds the accounts that they are between.
    pub accounts: AccountFinder,
    /// Tells the workers.
    pub publisher: HintPublisher,
    /// Tells what became of them.
    pub outcomes: Arc<dyn Outcomes>,
    /// For those who wait.
    pub clock: Arc<dyn Clock>,
    /// Makes their ids.
    pub ids: Arc<dyn IdSource>,
}

impl Acceptor {
    /// Stores at most so many payments by one call. Starts the task that stores them, on the current
    /// runtime.
    #[must_use]
    pub fn new(most: usize, ports: AcceptorPorts) -> Self {
        let AcceptorPorts { store, reader, accounts, publisher, outcomes, clock, ids } = ports;
        let pace = Pace::new(Arc::clone(&outcomes));
        let batches = Coalescer::start(MAX_WAITING, most, COMPANY, move |batch| {
            let (store, accounts, publisher) =
                (Arc::clone(&store), accounts.clone(), publisher.clone());
            let pace = pace.clone();
            Box::pin(async move {
                pace.hold().await;
                accept(store, accounts, publisher, pace, batch).await
            })
        });
        Self { batches, reader, outcomes, clock, ids }
    }

    pub(crate) fn ids(&self) -> &dyn IdSource {
        &*self.ids
    }

    pub(crate) fn reader(&self) -> &dyn PaymentReader {
        &*self.reader
    }

    /// Accepts a payment of this id. Once it is stored the answer is the payment, whatever happens
    /// after.
    pub(crate) async fn accept(
        &self,
        id: PaymentId,
        draft: Draft,
        call: Call,
    ) -> Result<Created, CreateError> {
        // Registered before the hint is published, so that no announcement comes too early.
        let announced = call.wait.map(|_| self.outcomes.wait_for(id));
        let item = (draft, call.context);
        let (payment, accepted) =
            self.batches.try_submit(item).await.map_err(CreateError::from)??;
        let record = match accepted {
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
        if !refusal.is_by_a_rule() || (sent.is_none() && named.is_none()) {
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

/// Checks and stores a batch, then lets its hints be published and its clients be answered while the
/// next batch is stored.
async fn accept(
    store: Arc<dyn PaymentStore>,
    accounts: AccountFinder,
    publisher: HintPublisher,
    pace: Pace,
    batch: Vec<Submitted<Item, Answer>>,
) -> Result<(), Unknown> {
    let ready = checked(&accounts, batch).await;
    if ready.is_empty() {
        return Ok(());
    }
    match store_batch(&*store, &ready).await {
        Ok(accepted) => {
            last_of_the_book(&ready, &accepted).inspect(|last| pace.follow(*last));
            tokio::spawn(publish_and_answer(publisher, ready, accepted));
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%error, payments = ready.len(), "a batch was not accepted");
            count("store-error", ready.len());
            for one in ready {
                let _ = one.waiter.send(Err(error.clone().into()));
            }
            Err(Unknown)
        }
    }
}

/// The last of a batch that was accepted now and that workers settle by themselves. What others are
/// asked about takes as long as they take.
fn last_of_the_book(ready: &[Ready], accepted: &[Accepted]) -> Option<PaymentId> {
    let mut pairs = ready.iter().zip(accepted).rev();
    let is_one = |(one, accepted): &(&Ready, &Accepted)| {
        let by_book = match one.payment.kind.rules().decided_by {
            DecidedBy::Book => true,
            DecidedBy::Authorization | DecidedBy::PayoutSubmission | DecidedBy::Parent => false,
        };
        by_book && matches!(accepted, Accepted::Created(_))
    };
    pairs.find(is_one).map(|(one, _)| one.payment.id)
}

/// Those of a batch that may be stored; the others hear why not. A client that went away needs no
/// answer, here and below.
async fn checked(accounts: &AccountFinder, batch: Vec<Submitted<Item, Answer>>) -> Vec<Ready> {
    let (mut drafts, mut waiters) = (Vec::new(), Vec::new());
    for Submitted { item: (draft, context), answer } in batch {
        drafts.push(draft);
        waiters.push((context, answer));
    }
    let mut ready = Vec::with_capacity(drafts.len());
    for (checked, (context, waiter)) in check_each(accounts, drafts).await.into_iter().zip(waiters)
    {
        match checked {
            Ok(payment) => ready.push(Ready { payment, context, waiter }),
            Err(refusal) => drop(waiter.send(Err(refusal))),
        }
    }
    ready
}

/// Stores, once more after a passing error: a connection may have died in the pool, or the answer of
/// a commit was lost; the ids tell the store which.
async fn store_batch(
    store: &dyn PaymentStore,
    ready: &[Ready],
) -> Result<Vec<Accepted>, StoreError> {
    metrics::histogram!("paygate_accept_batch_size").record(ready.len() as f64);
    let payments = || ready.iter().map(|one| one.payment.clone()).collect();
    match store.accept(payments()).await {
        Err(error) if error.is_transient() => store.accept(payments()).await,
        accepted => accepted,
    }
}

async fn publish_and_answer(publisher: HintPublisher, batch: Vec<Ready>, accepted: Vec<Accepted>) {
    let mut hints = Vec::with_capacity(batch.len());
    for (one, accepted) in batch.iter().zip(&accepted) {
        count(result_name(accepted), 1);
        if matches!(accepted, Accepted::Created(_)) {
            hints.push(HintOut { id: one.payment.id, context: one.context.clone() });
        }
    }
    if !hints.is_empty() {
        publisher.publish(hints).await;
    }
    for (one, accepted) in batch.into_iter().zip(accepted) {
        let _ = one.waiter.send(Ok((one.payment, accepted)));
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
