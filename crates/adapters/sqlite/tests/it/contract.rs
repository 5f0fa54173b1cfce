//! The contract of the store ports, in memory and in a file.

use crate::support::{SystemClock, TempDir, under_test, unguarded};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::store::StoreUnderTest;
use std::sync::Arc;

async fn migrated(config: SqliteConfig) -> SqliteStore {
    let store = SqliteStore::open(config, Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    store
}

mod memory {
    use super::{SqliteConfig, StoreUnderTest, migrated, under_test};

    async fn make() -> Option<StoreUnderTest> {
        Some(under_test(migrated(SqliteConfig::memory()).await, Box::new(())))
    }

    paygate_testkit::store_contract!(make);
}

mod file {
    use super::{SqliteConfig, StoreUnderTest, TempDir, migrated, under_test, unguarded};

    async fn make() -> Option<StoreUnderTest> {
        let folder = TempDir::new();
        let file = folder.file("paygate.db");
        let store = migrated(SqliteConfig::file(&file)).await;
        Some(StoreUnderTest {
            unguarded: Some(unguarded(file)),
            ..under_test(store, Box::new(folder))
        })
    }

    paygate_testkit::store_contract!(make);
}
