//! The application put together, its workers and sweepers, its time, and what must be true of it in
//! the end.

use super::acquirer::FakeAcquirer;
use super::queue::{FakeDeliveries, FakeOutcomes, FakeQueue};
use super::rates::FakeRates;
use super::store::{self, Store, StoreClock};
use super::turns::{rest, soon};
use super::values::{currency, money};
use chrono::TimeDelta;
use paygate_app::{
    Acceptor, AcceptorPorts, AccountFinder, Accounts, Charges, Exchange, ExchangeConfig,
    HintPublisher, Holds, Payments, Proofs, ReadsTogether, Refunds, StandingAccounts, Sweeper,
    SweeperConfig, Transfers, Worker, WorkerConfig, WorkerPorts,
};
use paygate_core::Timestamp;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::provider::ClaimPolicy;
use paygate_core::risk::Limits;
use paygate_core::work::WorkPolicy;
use paygate_memory::MemoryQueueConfig;
use paygate_ports::Clock;
use paygate_testkit::build::house;
use paygate_testkit::faults::{Faults, Method};
use paygate_testkit::{ManualClock, SequentialIds, assert_proven, at_once};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long an accept waits for the confirm.
pub const CONFIRM: Duration = Duration::from_millis(500);
/// The currencies that are enabled. There are rates of JPY, too.
pub const ENABLED: [&str; 4] = ["EUR", "IDR", "SGD", "USD"];

/// Whoever calls these locks rows.
pub const LOCKING: [Method; 2] = [Method::Claim, Method::Transact];

/// Everything in one place. When a test is over, the invariants must hold, whatever it did; one that
/// broke a row on purpose says so by [`Rig::broken`].
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
    pub standing: Arc<StandingAccounts>,
    pub charges: Charges,
    pub transfers: Transfers,
    pub holds: Holds,
    pub refunds: Refunds,
    pub accounts: Accounts,
    pub exchange: Exchange,
    pub proofs: Proofs,
    pub read: Payments,
    broken: AtomicBool,
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.broken.load(Ordering::SeqCst) {
            self.check();
        }
        if !std::thread::panicking() {
            self.faults.assert_all_struck();
        }
    }
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
        let standing = StandingAccounts::open(
            Arc::new(store.inner().clone()),
            ids.clone(),
            &currencies,
            house(),
        );
        let standing = Arc::new(standing.await.unwrap());
        let publisher = HintPublisher::new(queue.clone(), time.clone(), CONFIRM);
        let reader = Arc::new(ReadsTogether::new(store.clone()));
        let find = AccountFinder::new(store.clone());
        let ports = AcceptorPorts {
            store: store.clone(),
            reader: reader.clone(),
            accounts: find.clone(),
            publisher,
            outcomes: outcomes.clone(),
            clock: time.clone(),
            ids: ids.clone(),
        };
        let acceptor = Acceptor::new(500, ports);
        let exchange = Exchange::new(
            rates.clone(),
            store.clone(),
            time.clone(),
            ids.clone(),
            ExchangeConfig { spread_bps, ..ExchangeConfig::default() },
        );
        Self {
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
                Limits { min: money("1000.00 IDR"), max: money("10000000.00 IDR") },
                AmountLimit::default(),
            ),
            holds: Holds::new(store.clone(), reader.clone()),
            refunds: Refunds::new(acceptor, find),
            accounts: Accounts::new(
                store.clone(),
                store.clone(),
                ids.clone(),
                standing.clone(),
                AmountLimit::default(),
            ),
            proofs: Proofs::new(store.clone(), Duration::from_secs(3_600)),
            read: Payments::new(reader, outcomes.clone(), time),
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
            standing,
            exchange,
            broken: AtomicBool::new(false),
        }
    }

    /// Fails unless the whole ledger holds, by the same proof that operators run, and every payment
    /// that a worker has something to do for is due or watched: so a sweeper finds it, whatever has
    /// become of its hint.
    pub fn check(&self) {
        at_once(assert_proven(self.store.inner()));
        assert_eq!(self.forgotten(), 0, "payments that no sweeper would ever find");
    }

    /// The test leaves a row that breaks a rule, and is about that.
    pub fn broken(&self) {
        self.broken.store(true, Ordering::SeqCst);
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
}

/// A worker that claims like this.
pub fn claiming(claim: ClaimPolicy) -> WorkerConfig {
    let policy = WorkPolicy { claim, ..WorkPolicy::default() };
    WorkerConfig { policy, ..WorkerConfig::default() }
}
