//! Short forms of what the tests of the contract do again and again.

use super::under_test::StoreUnderTest;
use crate::build::{Having, owned_by};
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::book::{Book, Changes, Step};
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::payment::{NewPayment, Payment, Reason};
use paygate_core::provider::{ClaimPolicy, Decline, Verdict, call, claim, settle};
use paygate_core::status::Status;
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::silent;
use paygate_ports::{Accepted, PaymentQuery, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Longer than anything here takes, however busy the machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Repeats `attempt` until it gives something.
///
/// # Panics
/// When that takes longer than anything should; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = attempt().await {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Holds a decision, which is synchronous, until a test lets it go on.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everyone through, now and later.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until the gate is open.
    pub fn pass(&self) {
        let closed = self.0.0.lock().unwrap();
        let (_open, waited) = self.0.1.wait_timeout_while(closed, DEADLINE, |open| !*open).unwrap();
        assert!(!waited.timed_out(), "nobody opened the gate");
    }
}

/// A step by a worker.
pub fn step(to: Status, reason: Reason) -> Step {
    Step { to, actor: Actor::Worker, reason, detail: "as the test wants it".to_owned() }
}

/// Settles a payment with what the provider said, whatever attempt said it. What no provider is asked
/// about, the book settles, or a person fails.
pub fn settled(book: &mut Book, id: PaymentId, verdict: Verdict) {
    let asked = book.payment(id).is_none_or(|payment| call(payment).is_ok());
    match verdict {
        Verdict::Declined(why) if !asked => {
            book.transition(id, &Step::failed(why.reason(), "Declined.")).unwrap();
        }
        _ if !asked => work::process(book, id, &WorkPolicy::default()).unwrap(),
        _ => settle(book, id, 1, verdict, &ClaimPolicy::default()).unwrap(),
    }
}

/// Takes a step with each of the named payments that are in the book. Others are there, too: what
/// refunds refund.
pub fn each_of(
    ids: &[PaymentId],
    step: impl Fn(&mut Book, PaymentId) + Send + Sync + 'static,
) -> impl Fn(&mut Book) + Send + Sync + 'static {
    let ids: BTreeSet<PaymentId> = ids.iter().copied().collect();
    move |book| {
        for id in &ids {
            if book.payment(*id).is_some() {
                step(book, *id);
            }
        }
    }
}

/// All payments of the house.
pub fn of_house() -> PaymentQuery {
    of_merchant("default")
}

/// All payments of a merchant.
pub fn of_merchant(name: &str) -> PaymentQuery {
    PaymentQuery { owner: Some(owned_by(name)), ..everything() }
}

/// All payments of everybody.
pub fn everything() -> PaymentQuery {
    PaymentQuery {
        owner: None,
        status: None,
        kind: None,
        currency: None,
        parent: None,
        reference: None,
        created_after: None,
        created_before: None,
        limit: 100,
        cursor: None,
    }
}

impl StoreUnderTest {
    pub(super) async fn accept(&self, batch: &[NewPayment]) -> Vec<Accepted> {
        let answers = self.payments.accept(batch.to_vec()).await.unwrap();
        assert_eq!(answers.len(), batch.len());
        answers
    }

    pub(super) async fn accept_one(&self, payment: &NewPayment) -> Accepted {
        self.accept(std::slice::from_ref(payment)).await.remove(0)
    }

    /// Accepts payments, each of which must be created, and answers their ids in order.
    pub(super) async fn created(&self, batch: &[NewPayment]) -> Vec<PaymentId> {
        for answer in self.accept(batch).await {
            assert!(matches!(answer, Accepted::Created(_)), "{answer:?}");
        }
        batch.iter().map(|payment| payment.id).collect()
    }

    pub(super) async fn created_one(&self, payment: NewPayment) -> PaymentId {
        self.created(&[payment]).await.remove(0)
    }

    pub(super) async fn try_transact(
        &self,
        ids: &[PaymentId],
        decide: impl Fn(&mut Book) + Send + Sync + 'static,
    ) -> Result<Changes, StoreError> {
        let transacted =
            self.payments.transact(ids.to_vec(), Loads::Accounts, silent(decide)).await;
        Ok(transacted?.changes)
    }

    /// As a worker's claim does.
    pub(super) async fn try_claim(
        &self,
        ids: &[PaymentId],
        decide: impl Fn(&mut Book) + Send + Sync + 'static,
    ) -> Result<Changes, StoreError> {
        let transacted =
            self.payments.transact(ids.to_vec(), Loads::ForClaims, silent(decide)).await;
        Ok(transacted?.changes)
    }

    pub(super) async fn transact(
        &self,
        ids: &[PaymentId],
        decide: impl Fn(&mut Book) + Send + Sync + 'static,
    ) -> Changes {
        self.try_transact(ids, decide).await.unwrap()
    }

    /// Runs a step of core's on each of the payments that the store knows.
    pub(super) async fn each(
        &self,
        ids: &[PaymentId],
        step: impl Fn(&mut Book, PaymentId) + Send + Sync + 'static,
    ) -> Changes {
        self.transact(ids, each_of(ids, step)).await
    }

    /// Does what is due for these, as a worker does.
    pub(super) async fn work(&self, ids: &[PaymentId]) -> Changes {
        self.work_by(ids, &WorkPolicy::default()).await
    }

    pub(super) async fn work_by(&self, ids: &[PaymentId], policy: &WorkPolicy) -> Changes {
        let policy = policy.clone();
        let step = move |book: &mut Book, id| work::process(book, id, &policy).unwrap();
        self.try_claim(ids, each_of(ids, step)).await.unwrap()
    }

    /// Accepts a payment that must be created, and does what is due for it.
    pub(super) async fn worked(&self, payment: NewPayment) -> Payment {
        let id = self.created_one(payment).await;
        self.work(&[id]).await;
        self.payment(id).await
    }

    pub(super) async fn account(&self, id: AccountId) -> Account {
        self.accounts.account(id).await.unwrap().unwrap()
    }

    /// What an account has, and what of it is held.
    pub(super) async fn balance(&self, account: &Account) -> (i64, i64) {
        let account = self.account(account.id).await;
        (account.posted_minor, account.held_minor)
    }

    pub(super) async fn claim(&self, ids: &[PaymentId]) -> Changes {
        self.each(ids, |book, id| claim(book, id, &ClaimPolicy::default()).unwrap()).await
    }

    pub(super) async fn approve(&self, ids: &[PaymentId]) -> Changes {
        self.each(ids, |book, id| settled(book, id, Verdict::Approved)).await
    }

    pub(super) async fn decline(&self, ids: &[PaymentId]) -> Changes {
        self.each(ids, |book, id| settled(book, id, Verdict::Declined(Decline::Generic))).await
    }

    pub(super) async fn moved(&self, ids: &[PaymentId], to: Status) -> Changes {
        self.each(ids, move |book, id| {
            book.transition(id, &step(to, Reason::ProviderOutcomeUnknown)).unwrap();
        })
        .await
    }

    pub(super) async fn payment(&self, id: PaymentId) -> Payment {
        self.reader.payment(id).await.unwrap().unwrap().payment
    }

    /// Runs raw SQL that must succeed.
    pub(super) async fn run(&self, sql: String) {
        (self.sql)(sql.clone()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs raw SQL that the database must refuse.
    pub(super) async fn refuses(&self, sql: String) {
        assert!((self.sql)(sql.clone()).await.is_err(), "the database let this pass: {sql}");
    }

    pub(super) fn id(&self, id: Uuid) -> String {
        (self.id_literal)(id)
    }

    pub(super) fn time(&self, at: Timestamp) -> String {
        (self.time_literal)(at)
    }

    /// Makes rows unreadable whatever state they are in: no currency has that code.
    pub(super) async fn break_currency(&self, table: &str, id: Uuid) {
        let id = self.id(id);
        self.run(format!("UPDATE {table} SET currency = 'QQQ' WHERE id = {id}")).await;
    }

    /// The store's time, which is that of its books.
    pub(super) async fn now(&self) -> Timestamp {
        self.due.now().await.unwrap()
    }

    /// Everything that is due now, in one take.
    pub(super) async fn take_all(&self) -> Vec<PaymentId> {
        self.due.take_due(1_000).await.unwrap()
    }

    /// Lets all watches ripen; answers how many payments became due by it.
    pub(super) async fn ripen_all(&self) -> u64 {
        self.due.ripen(Duration::ZERO, 10_000).await.unwrap().found
    }

    /// Whether a payment is on the sweeper's list, for whatever time.
    pub(super) async fn is_due(&self, id: PaymentId) -> bool {
        self.is_listed(id, "true".to_owned()).await
    }

    /// Whether a payment is due in that span, both ends included.
    pub(super) async fn is_due_between(
        &self,
        id: PaymentId,
        from: Timestamp,
        to: Timestamp,
    ) -> bool {
        let (from, to) = (self.time(from), self.time(to));
        self.is_listed(id, format!("republish_at BETWEEN {from} AND {to}")).await
    }

    /// What is listed can't be listed again.
    async fn is_listed(&self, id: PaymentId, when: String) -> bool {
        let id = self.id(id.0);
        let again = format!(
            "INSERT INTO due (payment_id, republish_at) \
             SELECT payment_id, republish_at FROM due WHERE payment_id = {id} AND {when}"
        );
        (self.sql)(again).await.is_err()
    }
}

/// Several charges of which each has a key, a reference and metadata of its own.
pub fn with_everything(payments: Vec<NewPayment>) -> Vec<NewPayment> {
    let whole = |(number, payment): (usize, NewPayment)| {
        payment
            .with_key(&format!("key-{number}"), 7)
            .with_reference(&format!("order {number}"))
            .with_metadata(&format!("{{\"number\": {number}}}"))
    };
    payments.into_iter().enumerate().map(whole).collect()
}
