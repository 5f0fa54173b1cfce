//! The application on SQLite in memory and a clock that stands still: what every test drives.
//!
//! On the single-threaded runtime of `#[tokio::test]` nothing runs but what the test lets run:
//! [`rest`] gives every other task its turns until all wait for something, so that a step of time
//! never overtakes the work of the step before.

use crate::acquirer::FakeAcquirer;
use crate::queue::{FakeDeliveries, FakeOutcomes, FakeQueue};
use crate::rates::FakeRates;
use crate::rig_money::money;
use crate::store::{self, Store, StoreClock};
use chrono::TimeDelta;
use paygate_app::{
    Accepting, Accounts, Call, Charges, CreateCharge, CreateError, Created, Directory, Exchange,
    ExchangeConfig, FindAccounts, HintPublisher, Holds, Proving, ReadPayments, Refunds, Sweeper,
    SweeperConfig, Transfers, Worker, WorkerConfig, WorkerPorts,
};
use paygate_core::Timestamp;
use paygate_core::id::{CallerId, MerchantId, PaymentId};
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Idempotency, Request, RequestHash};
use paygate_core::provider::ClaimPolicy;
use paygate_core::risk::Limits;
use paygate_core::status::Status;
use paygate_core::text::{IdempotencyKey, Reference};
use paygate_core::work::WorkPolicy;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::{Clock, IdSource};
use paygate_testkit::faults::{Faults, Method};
use paygate_testkit::{ManualClock, SequentialIds};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long an accept waits for the confirm.
pub const CONFIRM: Duration = Duration::from_millis(500);
/// The currencies that are enabled. There are rates of JPY, too.
pub const ENABLED: [&str; 4] = ["EUR", "IDR", "SGD", "USD"];

/// Whoever calls these locks rows.
pub const LOCKING: [Method; 2] = [Method::Claim, Method::Transact];

/// Everything in one place.
pub struct Rig {
    pub clock: ManualClock,
    pub store_clock: StoreClock,
    pub start: Timestamp,
    pub ids: Arc<SequentialIds>,
    /// Shows what is in the tables, whatever trouble the store is in.
    pub store: Arc<Store>,
    /// The store's trouble, and what was asked of it.
    pub faults: Faults,
    pub queue: Arc<FakeQueue>,
    pub outcomes: Arc<FakeOutcomes>,
    pub acquirer: Arc<FakeAcquirer>,
    pub rates: Arc<FakeRates>,
    pub directory: Arc<Directory>,
    pub charges: Charges,
    pub transfers: Transfers,
    pub holds: Holds,
    pub refunds: Refunds,
    pub accounts: Accounts,
    pub exchange: Exchange,
    pub proving: Proving,
    pub read: ReadPayments,
}

/// A worker or sweeper that runs.
pub struct Running {
    pub stop: CancellationToken,
    pub abandon: CancellationToken,
    pub deliveries: Option<Arc<FakeDeliveries>>,
    pub task: JoinHandle<()>,
}

impl Running {
    /// Stops it and waits for its end.
    pub async fn stop(self) {
        self.stop.cancel();
        soon(self.task).await.unwrap();
    }

    pub fn deliveries(&self) -> &FakeDeliveries {
        self.deliveries.as_ref().unwrap()
    }
}

impl Rig {
    pub async fn new() -> Self {
        // One id a message, so that bounds are exact.
        Self::with(MemoryQueueConfig { ids_per_message: 1, ..MemoryQueueConfig::default() }).await
    }

    pub async fn with(config: MemoryQueueConfig) -> Self {
        Self::put_together(config, 0).await
    }

    /// Which keeps so much of each conversion.
    pub async fn with_spread(bps: u16) -> Self {
        Self::put_together(MemoryQueueConfig::default(), bps).await
    }

    async fn put_together(config: MemoryQueueConfig, spread_bps: u16) -> Self {
        let start = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let clock = ManualClock::new(start);
        let time = Arc::new(clock.clone());
        let ids = Arc::new(SequentialIds::new(start));
        let store_clock = StoreClock::new(clock.clone());
        let store = Arc::new(store::open(&store_clock).await);
        let queue = Arc::new(FakeQueue::new(config));
        let outcomes = Arc::new(FakeOutcomes::default());
        let acquirer = Arc::new(FakeAcquirer::new(clock.clone()));
        let rates = Arc::new(FakeRates::new(clock.clone()));

        let currencies = ENABLED.map(currency);
        let directory = Directory::open(store.inner(), &*ids, &currencies).await.unwrap();
        let directory = Arc::new(directory);
        let publisher = HintPublisher::new(queue.clone(), time.clone(), CONFIRM);
        let accepting = Accepting::new(
            store.clone(),
            store.clone(),
            publisher,
            outcomes.clone(),
            time.clone(),
            ids.clone(),
        );
        let find = FindAccounts::new(store.clone());
        let exchange = Exchange::new(
            rates.clone(),
            store.clone(),
            time.clone(),
            ids.clone(),
            ExchangeConfig { spread_bps, ..ExchangeConfig::default() },
        );
        Self {
            charges: Charges::new(accepting.clone(), directory.clone()),
            transfers: Transfers::new(
                accepting.clone(),
                find.clone(),
                exchange.clone(),
                directory.clone(),
                Limits { min: money("1000.00 IDR"), max: money("10000000.00 IDR") },
            ),
            holds: Holds::new(store.clone(), store.clone()),
            refunds: Refunds::new(accepting, find),
            accounts: Accounts::new(store.clone(), store.clone(), ids.clone(), directory.clone()),
            proving: Proving::new(store.clone(), Duration::from_secs(3_600)),
            read: ReadPayments::new(store.clone(), outcomes.clone(), time),
            clock,
            store_clock,
            start,
            ids,
            faults: store.faults().clone(),
            store,
            queue,
            outcomes,
            acquirer,
            rates,
            directory,
            exchange,
        }
    }

    /// A charge of so many cents under a reference of its own.
    pub fn charge(&self, minor: i64) -> CreateCharge {
        CreateCharge {
            amount: Money { minor, currency: currency("USD") },
            request: self.request(),
            call: Call::default(),
        }
    }

    /// A request under a reference of its own.
    pub fn request(&self) -> Request {
        Request {
            merchant: MerchantId::default(),
            caller: CallerId::default(),
            reference: Some(Reference::parse(&self.ids.random().to_string()).unwrap()),
            idempotency: None,
            description: None,
            tx_date: None,
            metadata: None,
        }
    }

    pub async fn accept(&self, minor: i64) -> PaymentId {
        self.charges.create(self.charge(minor)).await.unwrap().record.payment.id
    }

    /// So many charges, accepted together.
    pub async fn accept_many(&self, count: usize) -> Vec<PaymentId> {
        let accepts = (0..count).map(|_| self.accept(100));
        futures_util::future::join_all(accepts).await
    }

    /// Sends a charge without waiting for the answer.
    pub fn send(&self, charge: CreateCharge) -> JoinHandle<Result<Created, CreateError>> {
        let charges = self.charges.clone();
        tokio::spawn(async move { charges.create(charge).await })
    }

    pub fn ports(&self, deliveries: Arc<FakeDeliveries>) -> WorkerPorts {
        WorkerPorts {
            store: self.store.clone(),
            quarantine: self.store.clone(),
            deliveries,
            outcomes: self.outcomes.clone(),
            acquirer: self.acquirer.clone(),
            clock: Arc::new(self.clock.clone()),
        }
    }

    pub fn worker(&self, config: WorkerConfig) -> Running {
        let (stop, abandon) = (CancellationToken::new(), CancellationToken::new());
        let deliveries = Arc::new(FakeDeliveries::new(self.queue.inner.deliveries()));
        let worker = Worker::new(self.ports(deliveries.clone()), config, abandon.clone());
        let task = tokio::spawn(worker.run(stop.clone()));
        Running { stop, abandon, deliveries: Some(deliveries), task }
    }

    pub fn sweeper(&self, config: SweeperConfig) -> Running {
        let clock = Arc::new(self.clock.clone());
        let sweeper = Sweeper::new(self.store.clone(), self.queue.clone(), clock, config);
        let (stop, abandon) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(sweeper.run(stop.clone()));
        Running { stop, abandon, deliveries: None, task }
    }

    /// Lets time pass in one step, then everyone work.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.ids.set_time(self.clock.now());
        rest().await;
    }

    /// Lets time pass in steps of 100 ms until the condition holds, at most that long.
    pub async fn pass_until(&self, limit: Duration, holds: impl Fn(&Self) -> bool) {
        let end = self.clock.now() + TimeDelta::from_std(limit).unwrap();
        rest().await;
        while !holds(self) {
            assert!(self.clock.now() < end, "it did not come true in {limit:?}");
            self.pass(Duration::from_millis(100)).await;
        }
    }

    /// What was announced, in order.
    pub fn announced(&self) -> Vec<(PaymentId, Status)> {
        self.outcomes.announced.lock().unwrap().iter().map(|it| (it.id, it.status)).collect()
    }

    /// How many cents the default merchant has.
    pub fn merchant_minor(&self) -> i64 {
        let accounts = self.directory.charge(&MerchantId::default(), currency("USD"));
        self.account(accounts.unwrap().1).posted_minor
    }
}

/// A worker that claims like this.
pub fn claiming(claim: ClaimPolicy) -> WorkerConfig {
    let policy = WorkPolicy { claim, ..WorkPolicy::default() };
    WorkerConfig { policy, ..WorkerConfig::default() }
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// The charge under an idempotency key; `request` stands for what the client sent.
pub fn keyed(charge: CreateCharge, key: &str, request: u8) -> CreateCharge {
    CreateCharge { request: under_key(charge.request, key, request), ..charge }
}

/// The request under an idempotency key; `sent` stands for what the client sent.
pub fn under_key(request: Request, key: &str, sent: u8) -> Request {
    let key = IdempotencyKey::parse(key).unwrap();
    let idempotency = Some(Idempotency { key, hash: RequestHash([sent; 32]) });
    Request { idempotency, ..request }
}

/// Gives every other task its turns until all wait. Enough for the longest chain of wake-ups here;
/// a test that needs more than it fails the same way every time.
pub async fn rest() {
    for _ in 0..300 {
        tokio::task::yield_now().await;
    }
}

/// Waits for what must come without time passing on the clock; a hang fails the test.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("it hangs")
}

/// Waits for a condition where tasks truly run beside each other; one that never holds fails the
/// test.
pub async fn eventually(holds: impl Fn() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
