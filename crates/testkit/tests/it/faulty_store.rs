//! SQLite in memory under the fault decorator, with nothing scripted: the store contract must hold.

use async_trait::async_trait;
use chrono::SubsecRound;
use paygate_core::Timestamp;
use paygate_ports::Clock;
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::faults::{Faults, Faulty};
use paygate_testkit::store::StoreUnderTest;
use std::sync::Arc;
use std::time::Duration;

/// The machine's clock.
struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "a clock")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().trunc_subsecs(6)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A store of its own, behind its ports and past them, and what is to go wrong in it.
pub async fn faulty() -> (StoreUnderTest, Faults) {
    let sqlite = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    sqlite.migrate().await.unwrap();
    let raw = sqlite.clone();
    let store = Arc::new(Faulty::new(sqlite, Arc::new(SystemClock)));
    let faults = store.faults().clone();
    let under_test = StoreUnderTest {
        payments: store.clone(),
        reader: store.clone(),
        accounts: store.clone(),
        account_reader: store.clone(),
        quotes: store.clone(),
        merchants: store.clone(),
        api_keys: store.clone(),
        key_reader: store.clone(),
        audit_log: store.clone(),
        journal: store.clone(),
        due: store.clone(),
        quarantine: store.clone(),
        audit: store.clone(),
        proofs: store,
        sql: Box::new(move |sql| {
            let raw = raw.clone();
            Box::pin(async move { raw.run_raw(sql).await.map_err(|error| error.to_string()) })
        }),
        unguarded: None,
        id_literal: |id| format!("x'{}'", id.simple()),
        time_literal: |at| at.timestamp_micros().to_string(),
        keep: Box::new(()),
    };
    (under_test, faults)
}

async fn faultless() -> Option<StoreUnderTest> {
    Some(faulty().await.0)
}

paygate_testkit::store_contract!(faultless);
