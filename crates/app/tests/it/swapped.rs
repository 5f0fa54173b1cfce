//! The example of docs/adapters.md, as the page shows it.

mod limited;

use limited::LimitedAcquirer;
use paygate_app::{
    Acceptor, AcceptorPorts, AccountFinder, Call, Charges, CreateCharge, HintPublisher,
    StandingAccounts, Worker, WorkerConfig, WorkerPorts,
};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::identity::{MerchantId, Principal};
use paygate_core::money::{Currency, Money};
use paygate_core::payment::Details;
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_memory::{MemoryOutcomes, MemoryQueue};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::{ManualClock, SequentialIds};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_charge_above_the_limit_is_declined() {
    let now = "2026-01-31T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let ids = Arc::new(SequentialIds::new(now));
    let queue = MemoryQueue::default();
    let outcomes = Arc::new(MemoryOutcomes::default());
    let store = Arc::new(SqliteStore::open(SqliteConfig::memory(), clock.clone()).unwrap());
    store.migrate().await.unwrap();

    let usd = Currency::parse("USD").unwrap();
    let shop = MerchantId::parse("shop").unwrap();
    let standing = StandingAccounts::open(store.clone(), ids.clone(), &[usd], shop).await.unwrap();
    let publisher =
        HintPublisher::new(Arc::new(queue.clone()), clock.clone(), Duration::from_millis(500));
    let find = AccountFinder::new(store.clone());
    let ports = AcceptorPorts {
        store: store.clone(),
        reader: store.clone(),
        accounts: find.clone(),
        publisher,
        outcomes: outcomes.clone(),
        clock: clock.clone(),
        ids,
    };
    let acceptor = Acceptor::new(500, ports);
    let charges = Charges::new(acceptor, find, Arc::new(standing), AmountLimit::default());
    let ports = WorkerPorts {
        store: store.clone(),
        quarantine: store,
        deliveries: Arc::new(queue.deliveries()),
        outcomes,
        acquirer: Arc::new(LimitedAcquirer::new(10_000)),
        clock,
    };
    let worker = Worker::new(ports, WorkerConfig::default(), CancellationToken::new());
    tokio::spawn(worker.run(CancellationToken::new()));

    let charge = CreateCharge {
        amount: Money::parse_positive("100.01", usd).unwrap(),
        details: Details {
            reference: Some(Reference::parse("REF-001").unwrap()),
            ..Details::default()
        },
        // The clock stands still, so only the announced outcome can end the wait.
        call: Call { wait: Some(Duration::from_secs(5)), ..Call::default() },
    };
    let created = charges.create(&Principal::Operator, charge).await.unwrap();
    assert_eq!(created.record.payment.status, Status::Failed);
}

#[test]
fn the_page_shows_this_code() {
    let page = include_str!("../../../../docs/adapters.md");
    let (adapter, test) = (include_str!("swapped/limited.rs"), include_str!("swapped.rs"));
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).collect();
    assert_eq!(blocks.len(), 2, "each block is one of these");
    for (block, code) in blocks.iter().zip([adapter, test]) {
        let (shown, _) = block.split_once("```").unwrap();
        assert!(code.contains(shown), "the page shows other code:\n{shown}");
    }
}
