//! What the tests here share.

use async_trait::async_trait;
use chrono::SubsecRound;
use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use paygate_core::Timestamp;
use paygate_ports::Clock;
use paygate_sqlite::SqliteStore;
use paygate_testkit::store::{RawSql, StoreUnderTest};
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The machine's clock.
pub struct SystemClock;

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

/// A folder that goes with the value.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> Self {
        let name = format!("paygate-sqlite-{}", paygate_testkit::build::payment_id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Another connection to a file, past the store.
pub fn connect(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    connection
}

/// Runs SQL on a connection of its own that keeps none of the database's rules but unique keys.
pub fn unguarded(file: PathBuf) -> RawSql {
    const NO_RULES: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
    Box::new(move |sql| {
        let mut connection = connect(&file);
        let run = |connection: &mut SqliteConnection| {
            connection.batch_execute(NO_RULES)?;
            for trigger in triggers(connection)? {
                connection.batch_execute(&format!("DROP TRIGGER {trigger}"))?;
            }
            connection.batch_execute(&sql)
        };
        let ran = run(&mut connection).map_err(|error| error.to_string());
        Box::pin(async move { ran })
    })
}

fn triggers(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let names = diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    Ok(names.load::<Name>(connection)?.into_iter().map(|row| row.name).collect())
}

pub fn under_test(store: SqliteStore, keep: Box<dyn Any + Send>) -> StoreUnderTest {
    let raw = store.clone();
    let store = Arc::new(store);
    StoreUnderTest {
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
        id_literal: |id: Uuid| format!("x'{}'", id.simple()),
        time_literal: |at| at.timestamp_micros().to_string(),
        keep,
    }
}
