//! A store in maps that moves money by core's own book, and can be told to be in trouble.

mod accounts;
mod audit;
mod rates;

pub use rates::FakeRates;

use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::account::AccountRecord;
use paygate_core::book::{Book, Changes};
use paygate_core::fx::Quote;
use paygate_core::id::{AccountId, CallerId, PaymentId, QuoteId};
use paygate_core::journal::Entry;
use paygate_core::payment::{NewPayment, Payment, PaymentRecord, RequestHash, Transition};
use paygate_core::status::Kind;
use paygate_core::text::IdempotencyKey;
use paygate_ports::{
    Accepted, Decide, HealthCheck, Page, PaymentQuery, PaymentReader, PaymentStore, QuoteStore,
    StoreError,
};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

/// What a call meets instead of an answer.
#[derive(Clone, Debug)]
pub enum Trouble {
    Error(StoreError),
    Panic,
    /// Only for accepts: this one payment is refused.
    Refused(StoreError),
    /// Only for the lines of a statement: those after this one can't be read.
    AfterLine(i64),
}

type Payments = BTreeMap<PaymentId, PaymentRecord>;

pub struct FakeStore {
    pub payments: Mutex<Payments>,
    pub transitions: Mutex<Vec<Transition>>,
    pub accounts: Mutex<BTreeMap<AccountId, AccountRecord>>,
    pub hashes: Mutex<BTreeMap<AccountId, RequestHash>>,
    pub entries: Mutex<Vec<Entry>>,
    pub quotes: Mutex<BTreeMap<QuoteId, Quote>>,
    pub trouble: Mutex<Option<Trouble>>,
    pub last_query: Mutex<Option<PaymentQuery>>,
    /// How many lines of statements were asked for at once, call by call.
    pub pages: Mutex<Vec<u16>>,
    /// Accepts and proofs wait for a permit and give it back.
    pub gate: Semaphore,
    /// How many proofs have come to the gate.
    pub proofs: AtomicUsize,
    pub now: Mutex<Timestamp>,
}

impl FakeStore {
    pub fn new(now: Timestamp) -> Self {
        Self {
            payments: Mutex::default(),
            transitions: Mutex::default(),
            accounts: Mutex::default(),
            hashes: Mutex::default(),
            entries: Mutex::default(),
            quotes: Mutex::default(),
            trouble: Mutex::default(),
            last_query: Mutex::default(),
            pages: Mutex::default(),
            gate: Semaphore::new(1),
            proofs: AtomicUsize::new(0),
            now: Mutex::new(now),
        }
    }

    pub fn set_trouble(&self, trouble: impl Into<Option<Trouble>>) {
        *self.trouble.lock().unwrap() = trouble.into();
    }

    /// Changes a payment behind everybody's back.
    pub fn change(&self, id: PaymentId, change: impl FnOnce(&mut Payment)) {
        change(&mut self.payments.lock().unwrap().get_mut(&id).unwrap().payment);
    }

    pub fn len(&self) -> usize {
        self.payments.lock().unwrap().len()
    }

    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn in_trouble(&self) -> Result<(), StoreError> {
        match self.trouble.lock().unwrap().clone() {
            Some(Trouble::Error(error)) => Err(error),
            Some(Trouble::Panic) => panic!("the fake store was told to"),
            Some(Trouble::Refused(_) | Trouble::AfterLine(_)) | None => Ok(()),
        }
    }

    fn reach(&self) -> Result<MutexGuard<'_, Payments>, StoreError> {
        self.in_trouble()?;
        Ok(self.payments.lock().unwrap())
    }

    /// Decides in a book of everything there is, and keeps what came of it.
    fn decide(&self, decide: impl FnOnce(&mut Book)) -> Result<Changes, StoreError> {
        let mut payments = self.reach()?;
        let mut accounts = self.accounts.lock().unwrap();
        let mut book = Book::new(
            self.now(),
            payments.values().map(|record| record.payment.clone()).collect(),
            accounts.values().map(|record| record.account.clone()).collect(),
        );
        decide(&mut book);
        let changes = book.into_changes();
        for payment in &changes.payments {
            payments.get_mut(&payment.id).unwrap().payment = payment.clone();
        }
        for account in &changes.accounts {
            accounts.get_mut(&account.id).unwrap().account = account.clone();
        }
        self.transitions.lock().unwrap().extend(changes.transitions.clone());
        self.entries.lock().unwrap().extend(changes.entries.clone());
        Ok(changes)
    }
}

fn accept_one(payments: &mut Payments, new: NewPayment, now: Timestamp) -> Accepted {
    let wanted = new.request.idempotency.as_ref();
    for record in payments.values().filter(|record| record.payment.kind == new.kind) {
        let theirs = record.request.idempotency.as_ref();
        if wanted.is_some() && theirs.map(|it| &it.key) == wanted.map(|it| &it.key) {
            return match theirs == wanted {
                true => Accepted::Replayed(Box::new(record.clone())),
                false => Accepted::KeyReused,
            };
        }
    }
    let reference = new.request.reference.as_ref();
    let twin = payments
        .values()
        .find(|it| reference.is_some() && it.request.reference.as_ref() == reference);
    if let Some(twin) = twin {
        return Accepted::ReferenceTaken { existing: twin.payment.id };
    }
    let quote = new.terms.quote;
    let twin = payments.values().find(|it| quote.is_some() && it.quote == quote);
    if let Some(twin) = twin {
        return Accepted::QuoteUsed { existing: twin.payment.id };
    }
    payments.insert(new.id, new.accepted(now));
    Accepted::Created(now)
}

#[async_trait]
impl PaymentStore for FakeStore {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        let _permit = self.gate.acquire().await.unwrap();
        let mut payments = self.reach()?;
        let refused = match self.trouble.lock().unwrap().clone() {
            Some(Trouble::Refused(error)) => Some(error),
            _ => None,
        };
        let accept = |new| match &refused {
            Some(error) => Accepted::Refused(error.clone()),
            None => accept_one(&mut payments, new, self.now()),
        };
        Ok(batch.into_iter().map(accept).collect())
    }

    async fn claim(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.transact(ids, decide).await
    }

    async fn transact(&self, _: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.decide(|book| decide(book))
    }
}

#[async_trait]
impl PaymentReader for FakeStore {
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        Ok(self.reach()?.get(&id).cloned())
    }

    async fn by_key(
        &self,
        _: &CallerId,
        kind: Kind,
        key: &IdempotencyKey,
    ) -> Result<Option<PaymentRecord>, StoreError> {
        let payments = self.reach()?;
        let has = |it: &&PaymentRecord| {
            let theirs = it.request.idempotency.as_ref();
            it.payment.kind == kind && theirs.is_some_and(|it| it.key == *key)
        };
        Ok(payments.values().find(has).cloned())
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        *self.last_query.lock().unwrap() = Some(query.clone());
        let payments = self.reach()?;
        let wanted = |it: &&PaymentRecord| {
            query.cursor.is_none_or(|cursor| it.payment.id < cursor)
                && query.status.is_none_or(|status| it.payment.status == status)
                && (query.parent.is_none() || it.payment.parent == query.parent)
                && (query.reference.is_none() || it.request.reference == query.reference)
        };
        let limit = usize::from(query.limit);
        let mut items: Vec<_> =
            payments.values().rev().filter(wanted).take(limit + 1).cloned().collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.payment.id);
        Ok(Page { items, next })
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        let transitions = self.transitions.lock().unwrap();
        Ok(transitions.iter().filter(|it| it.payment == id).cloned().collect())
    }
}

#[async_trait]
impl QuoteStore for FakeStore {
    async fn keep(&self, quote: Quote) -> Result<(), StoreError> {
        self.in_trouble()?;
        self.quotes.lock().unwrap().insert(quote.id, quote);
        Ok(())
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.in_trouble()?;
        Ok(self.quotes.lock().unwrap().get(&id).cloned())
    }
}

#[async_trait]
impl HealthCheck for FakeStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), String> {
        self.reach().map(|_| ()).map_err(|error| error.to_string())
    }
}
