//! The app put together, what workers do beside it, and what must be true of it in the end.

use super::answer::{Answer, answer, post};
use super::principals::{Anybody, Tokens};
use super::rates::FakeRates;
use super::store::{self, Store};
use super::{ACCOUNTS, TRANSFERS};
use actix_web::http::Method;
use actix_web::test::{self, TestRequest};
use paygate_app::{
    Acceptor, AcceptorPorts, AccountFinder, Accounts, Api, ApiKeyPorts, ApiKeys, Audits, Charges,
    Doors, Exchange, ExchangeConfig, HintPublisher, Holds, Merchants, Payments, Proofs, Readiness,
    ReadsTogether, Refunds, StandingAccounts, Transfers,
};
use paygate_core::Timestamp;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Principal;
use paygate_core::money::{Currency, Money};
use paygate_core::provider::{self, ClaimPolicy, Decline, Verdict};
use paygate_core::risk::Limits;
use paygate_core::status::Status;
use paygate_core::work::{self, WorkPolicy};
use paygate_http::{ApiApp, HttpConfig};
use paygate_memory::{MemoryOutcomes, MemoryQueue, MemoryQueueConfig};
use paygate_ports::silent;
use paygate_ports::{Authenticator, Outcome, Outcomes, PaymentStore};
use paygate_testkit::build::house;
use paygate_testkit::faults::Faults;
use paygate_testkit::{ManualClock, SequentialIds, assert_proven, at_once};
use serde_json::Value;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// When a test is over, the ledger must hold; one that broke a row on purpose says so by
/// [`Harness::broken`].
pub struct Harness {
    pub app: ApiApp,
    pub api: Api,
    pub store: Arc<Store>,
    /// The store's trouble, and what was asked of it.
    pub faults: Faults,
    pub rates: Arc<FakeRates>,
    pub queue: Arc<MemoryQueue>,
    pub outcomes: MemoryOutcomes,
    pub clock: ManualClock,
    pub ids: Arc<SequentialIds>,
    broken: AtomicBool,
}

impl Drop for Harness {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.broken.load(Ordering::SeqCst) {
            at_once(assert_proven(self.store.inner()));
        }
        if !std::thread::panicking() {
            self.faults.assert_all_struck();
        }
    }
}

pub fn now() -> Timestamp {
    "2026-01-31T12:00:00.123456Z".parse().unwrap()
}

impl Harness {
    pub async fn new() -> Self {
        Self::with(HttpConfig::default()).await
    }

    pub async fn with(config: HttpConfig) -> Self {
        Self::known_by(config, Arc::new(Anybody(Principal::Sandbox))).await
    }

    /// Where who asks is known by these tokens alone.
    pub async fn guarded(tokens: Tokens) -> Self {
        let config = HttpConfig { guarded: true, sandbox: true, ..HttpConfig::default() };
        Self::known_by(config, Arc::new(tokens)).await
    }

    /// As [`Harness::guarded`], otherwise as configured.
    pub async fn guarded_with(config: HttpConfig, tokens: Tokens) -> Self {
        Self::known_by(HttpConfig { guarded: true, ..config }, Arc::new(tokens)).await
    }

    async fn known_by(config: HttpConfig, authenticator: Arc<dyn Authenticator>) -> Self {
        let queue = Arc::new(MemoryQueue::new(MemoryQueueConfig::default()));
        let outcomes = MemoryOutcomes::default();
        let clock = ManualClock::new(now());
        let store = Arc::new(store::open(&clock).await);
        let faults = store.faults().clone();
        let ids = Arc::new(SequentialIds::new(now()));
        let rates = Arc::new(FakeRates::new(clock.clone()));
        let enabled = ["USD", "JPY", "EUR", "IDR"].map(|code| Currency::parse(code).unwrap());
        let accounts = Arc::new(store.inner().clone());
        let standing =
            StandingAccounts::open(accounts, ids.clone(), &enabled, house()).await.unwrap();
        let standing = Arc::new(standing);
        let time = Arc::new(clock.clone());
        let shared: Arc<MemoryOutcomes> = Arc::new(outcomes.clone());
        let confirm = Duration::from_millis(500);
        let reader = Arc::new(ReadsTogether::new(store.clone()));
        let find = AccountFinder::new(store.clone());
        let ports = AcceptorPorts {
            store: store.clone(),
            reader: reader.clone(),
            accounts: find.clone(),
            publisher: HintPublisher::new(queue.clone(), time.clone(), confirm),
            outcomes: shared.clone(),
            clock: time.clone(),
            ids: ids.clone(),
        };
        let acceptor = Acceptor::new(500, ports);
        let promises = ExchangeConfig::default();
        let exchange =
            Exchange::new(rates.clone(), store.clone(), time.clone(), ids.clone(), promises);
        let rupiah =
            |units: i64| Money { minor: units * 100, currency: Currency::parse("IDR").unwrap() };
        let limits = Limits { min: rupiah(1_000), max: rupiah(10_000_000) };
        let merchants = Merchants::new(store.clone(), ids.clone());
        merchants.take_in_house(&house()).await.unwrap();
        let key_ports = ApiKeyPorts {
            store: store.clone(),
            reader: store.clone(),
            merchants: store.clone(),
            clock: time.clone(),
            ids: ids.clone(),
        };
        let authenticator = Arc::new(Doors::new(authenticator, store.clone(), time.clone()));
        let api = Api {
            charges: Charges::new(
                acceptor.clone(),
                find.clone(),
                standing.clone(),
                AmountLimit::default(),
            ),
            transfers: Transfers::new(
                acceptor.clone(),
                exchange.clone(),
                standing.clone(),
                limits,
                AmountLimit::default(),
            ),
            merchants,
            api_keys: ApiKeys::new(key_ports, house()),
            audits: Audits::new(store.clone()),
            holds: Holds::new(store.clone(), reader.clone()),
            refunds: Refunds::new(acceptor, find),
            read: Payments::new(reader, shared, time),
            accounts: Accounts::new(
                store.clone(),
                store.clone(),
                ids.clone(),
                standing.clone(),
                AmountLimit::default(),
            ),
            exchange,
            proofs: Proofs::new(store.clone(), Duration::from_secs(300)),
            readiness: Readiness::new(vec![store.clone(), queue.clone()]).kept_for(Duration::ZERO),
            standing,
        };
        let metrics = Arc::new(|| "paygate_up 1\n".to_owned());
        let app = ApiApp::new(&config, api.clone(), authenticator, metrics, ids.clone());
        let broken = AtomicBool::new(false);
        Self { app, api, store, faults, rates, queue, outcomes, clock, ids, broken }
    }

    /// The test leaves a row that breaks a rule, and is about that.
    pub fn broken(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub async fn send(&self, request: TestRequest) -> Answer {
        let service = test::init_service(self.app.build()).await;
        answer(test::try_call_service(&service, request.to_request()).await).await
    }

    pub async fn post(&self, body: impl Into<Vec<u8>>) -> Answer {
        self.send(post(body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        let method = Method::from_str(method).unwrap();
        self.send(TestRequest::with_uri(path).method(method)).await
    }

    /// Posts JSON to a path.
    pub async fn post_to(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(post(body).uri(path)).await
    }

    /// Posts JSON to a path under an idempotency key.
    pub async fn post_keyed(&self, path: &str, key: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(post(body).uri(path).insert_header(("Idempotency-Key", key))).await
    }

    /// Opens a wallet of that alias with this in it.
    pub async fn wallet(&self, alias: &str, currency: &str, balance: &str) -> AccountId {
        let body = format!(
            r#"{{"currency":"{currency}","alias":"{alias}","opening_balance":"{balance}"}}"#
        );
        let answer = self.post_to(ACCOUNTS, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// The fields of a payment's body that name its accounts, from and to these.
    pub async fn parties(&self, source: &str, destination: &str) -> String {
        let id = async |name: &str| {
            let account = self.get(&format!("{ACCOUNTS}/{name}")).await.json();
            account["id"].as_str().unwrap().to_owned()
        };
        let (source, destination) = (id(source).await, id(destination).await);
        format!(r#""source_id":"{source}","destination_id":"{destination}""#)
    }

    /// Makes a transfer under a key of its own and has it processed.
    pub async fn transferred(&self, key: &str, body: &str) -> PaymentId {
        let answer = self.post_keyed(TRANSFERS, key, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.work().await;
        answer.id()
    }

    /// Does what a worker does with the transfers and refunds that wait.
    pub async fn work(&self) {
        let waiting = "SELECT json_group_array(lower(hex(id))) FROM payments \
                       WHERE status = 'PENDING' AND kind <> 'charge'";
        let waiting: Value = self.value(waiting).unwrap();
        let id = |id: &Value| PaymentId(id.as_str().unwrap().parse().unwrap());
        self.process(waiting.as_array().unwrap().iter().map(id).collect()).await;
    }

    /// Does what a worker does with the hints of these: settles or claims them.
    async fn process(&self, ids: Vec<PaymentId>) {
        let all = ids.clone();
        let decide = move |book: &mut Book| {
            for id in &all {
                work::process(book, *id, &WorkPolicy::default()).unwrap();
            }
        };
        self.store.inner().transact(ids, Loads::Accounts, silent(decide)).await.unwrap();
    }

    /// Settles a claimed payment with what its provider says.
    async fn decide(&self, id: PaymentId, verdict: Verdict) {
        let decide = move |book: &mut Book| {
            let attempt = book.payment(id).unwrap().attempts;
            provider::settle(book, id, attempt, verdict, &ClaimPolicy::default()).unwrap();
        };
        self.store.inner().transact(vec![id], Loads::Accounts, silent(decide)).await.unwrap();
    }

    /// The account that the default merchant's charges of a currency arrive at.
    pub fn merchant(&self, currency: &str) -> AccountId {
        let currency = Currency::parse(currency).unwrap();
        self.api.standing.charge(&house(), currency).unwrap().1
    }

    /// Gives all that a wallet in dollars has to alice, and closes it.
    pub async fn closed(&self, alias: &str, has: &str) -> AccountId {
        let body = format!(r#"{{"source":"{alias}","destination":"alice","amount":"{has}"}}"#);
        self.transferred("all", &body).await;
        let closed = self.post_to(&format!("{ACCOUNTS}/{alias}/close"), "").await;
        closed.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Creates a payment with this reference.
    pub async fn created(&self, reference: &str) -> PaymentId {
        let body = format!(r#"{{"amount":1,"currency":"USD","reference":"{reference}"}}"#);
        self.post(body).await.id()
    }

    /// Settles a payment as a worker would, and announces it.
    pub async fn settle(&self, id: PaymentId, to: Status) {
        if self.store.status(id) == Status::Pending {
            self.process(vec![id]).await;
        }
        if self.store.status(id) == Status::Processing {
            match to {
                Status::Success => self.decide(id, Verdict::Approved).await,
                Status::Failed => self.decide(id, Verdict::Declined(Decline::Generic)).await,
                _ => {}
            }
        }
        assert_eq!(self.store.status(id), to);
        self.outcomes.announce(&[Outcome { id, status: to }]).await.unwrap();
    }
}
