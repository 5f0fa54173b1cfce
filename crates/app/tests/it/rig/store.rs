//! SQLite in memory under the fault decorator.

use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_ports::Clock;
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::ManualClock;
use paygate_testkit::faults::Faulty;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// The store of the tests: the ports fail on demand, everything else looks past them.
pub type Store = Faulty<SqliteStore>;

/// The store's clock, which may be ahead of the others'.
#[derive(Clone)]
pub struct StoreClock {
    clock: ManualClock,
    ahead: Arc<Mutex<TimeDelta>>,
}

impl StoreClock {
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    pub fn set_ahead(&self, ahead: TimeDelta) {
        *self.ahead.lock().unwrap() = ahead;
    }
}

#[async_trait]
impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        self.clock.now() + *self.ahead.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// An empty store.
pub async fn open(clock: &StoreClock) -> Store {
    let sqlite = SqliteStore::open(SqliteConfig::memory(), Arc::new(clock.clone())).unwrap();
    sqlite.migrate().await.unwrap();
    Faulty::new(sqlite, Arc::new(clock.clone()))
}

/// An id as SQLite writes it.
pub fn key(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}
