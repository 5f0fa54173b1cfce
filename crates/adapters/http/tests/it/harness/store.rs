//! SQLite in memory under the fault decorator.

use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::ManualClock;
use paygate_testkit::faults::Faulty;
use std::sync::Arc;

/// The store of the tests: the ports fail on demand, everything else looks past them.
pub type Store = Faulty<SqliteStore>;

/// An empty store.
pub async fn open(clock: &ManualClock) -> Store {
    let clock = Arc::new(clock.clone());
    let sqlite = SqliteStore::open(SqliteConfig::memory(), clock.clone()).unwrap();
    sqlite.migrate().await.unwrap();
    Faulty::new(sqlite, clock)
}
