//! A store in a map, which can be told to be in trouble.

use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::account::{Account, NewAccount};
use paygate_core::book::Changes;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::payment::{NewPayment, Payment, PaymentRecord, Transition};
use paygate_ports::{
    Accepted, AccountStore, Decide, HealthCheck, Page, PaymentQuery, PaymentReader, PaymentStore,
    StoreError,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

/// What a call meets instead of an answer.
#[derive(Clone, Debug)]
pub enum Trouble {
    Error(StoreError),
    Panic,
    /// Only for accepts: this one payment is refused.
    Refused(StoreError),
}

pub struct FakeStore {
    pub payments: Mutex<BTreeMap<PaymentId, PaymentRecord>>,
    pub transitions: Mutex<Vec<Transition>>,
    pub trouble: Mutex<Option<Trouble>>,
    pub last_query: Mutex<Option<PaymentQuery>>,
    /// Accepts wait for a permit and give it back.
    pub gate: Semaphore,
    now: Timestamp,
}

impl FakeStore {
    pub fn new(now: Timestamp) -> Self {
        Self {
            payments: Mutex::default(),
            transitions: Mutex::default(),
            trouble: Mutex::default(),
            last_query: Mutex::default(),
            gate: Semaphore::new(1),
            now,
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

    fn reach(&self) -> Result<MutexGuard<'_, BTreeMap<PaymentId, PaymentRecord>>, StoreError> {
        match self.trouble.lock().unwrap().clone() {
            Some(Trouble::Error(error)) => Err(error),
            Some(Trouble::Panic) => panic!("the fake store was told to"),
            Some(Trouble::Refused(_)) | None => Ok(self.payments.lock().unwrap()),
        }
    }
}

fn accept_one(
    payments: &mut BTreeMap<PaymentId, PaymentRecord>,
    new: NewPayment,
    now: Timestamp,
) -> Accepted {
    let key = |key: &paygate_core::payment::Idempotency| key.key.clone();
    let wanted = new.request.idempotency.as_ref();
    for record in payments.values() {
        let theirs = record.request.idempotency.as_ref();
        if wanted.is_some() && theirs.map(key) == wanted.map(key) {
            return match theirs == wanted {
                true => Accepted::Replayed(Box::new(record.clone())),
                false => Accepted::KeyReused,
            };
        }
    }
    let twin = payments.values().find(|it| it.request.reference == new.request.reference);
    if let Some(twin) = twin {
        return Accepted::ReferenceTaken { existing: twin.payment.id };
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
            None => accept_one(&mut payments, new, self.now),
        };
        Ok(batch.into_iter().map(accept).collect())
    }

    async fn transact_payments(
        &self,
        ids: Vec<PaymentId>,
        decide: Decide,
    ) -> Result<Changes, StoreError> {
        self.transact(ids, decide).await
    }

    async fn transact(&self, _: Vec<PaymentId>, _: Decide) -> Result<Changes, StoreError> {
        Err(StoreError::Refused("the API moves no money".to_owned()))
    }
}

#[async_trait]
impl PaymentReader for FakeStore {
    async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        Ok(self.reach()?.get(&id).cloned())
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        *self.last_query.lock().unwrap() = Some(query.clone());
        let payments = self.reach()?;
        let wanted = |it: &&PaymentRecord| {
            query.cursor.is_none_or(|cursor| it.payment.id < cursor)
                && query.status.is_none_or(|status| it.payment.status == status)
                && query.reference.as_ref().is_none_or(|wanted| it.request.reference == *wanted)
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
impl AccountStore for FakeStore {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        let opened = |new: NewAccount| Account {
            id: new.id,
            number: new.number,
            currency: new.currency,
            role: new.role,
            overdraft: new.overdraft,
            posted_minor: 0,
            held_minor: 0,
            last_seq: 0,
            last_entry_at: None,
        };
        Ok(accounts.into_iter().map(opened).collect())
    }

    async fn account(&self, _: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(None)
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
