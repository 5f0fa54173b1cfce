//! A database per test, copied from one that is migrated once.
#![allow(clippy::unwrap_used, reason = "a test's set-up fails the test")]
#![allow(clippy::disallowed_methods, reason = "a test needs names that were never given")]

use futures_util::FutureExt;
use paygate_core::Timestamp;
use paygate_postgres::{PostgresConfig, PostgresStore};
use paygate_testkit::servers::postgres_url;
use paygate_testkit::store::{RawSql, StoreUnderTest};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A database, dropped with this value.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one; `None` without a server.
    pub async fn empty() -> Option<Self> {
        let server = postgres_url()?;
        let name = format!("paygate_test_{}", Uuid::now_v7().simple());
        execute(&server, &format!("CREATE DATABASE {name}")).await.unwrap();
        Some(Self { server, name })
    }

    /// A migrated one; `None` without a server.
    pub async fn migrated() -> Option<Self> {
        let template = TEMPLATE
            .get_or_try_init(|| async {
                let database = Self::empty().await.ok_or(())?;
                database.store().migrate().await.unwrap();
                // Kept for the whole run; the server is thrown away after it, or is a test server.
                let name = database.name.clone();
                std::mem::forget(database);
                Ok::<_, ()>(name)
            })
            .await
            .ok()?;
        let server = postgres_url()?;
        let name = format!("paygate_test_{}", Uuid::now_v7().simple());
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        // The connection that migrated the template may take a moment to go away.
        for _ in 0..100 {
            match execute(&server, &create).await {
                Ok(()) => return Some(Self { server, name }),
                Err(error) if error.contains("being accessed") => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the template stays in use");
    }

    pub fn url(&self) -> String {
        let (base, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = base.rsplit_once('/').unwrap();
        format!("{server}/{}?{query}", self.name)
    }

    pub fn config(&self) -> PostgresConfig {
        PostgresConfig { pool_size: 4, ..PostgresConfig::new(self.url()) }
    }

    pub fn store(&self) -> PostgresStore {
        PostgresStore::new(self.config()).unwrap()
    }

    pub async fn client(&self) -> Client {
        connect(&self.url()).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: this may run inside a runtime.
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let _ = runtime.unwrap().block_on(execute(&server, &drop));
        })
        .join();
    }
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn execute(url: &str, sql: &str) -> Result<(), String> {
    connect(url).await.batch_execute(sql).await.map_err(|error| {
        error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
    })
}

/// Drops the checks, and puts triggers and foreign keys out of force for the session.
const NO_RULES: &str = "DO $$ DECLARE r record; BEGIN FOR r IN SELECT CASE contypid \
     WHEN 0 THEN 'TABLE ' || conrelid::regclass ELSE 'DOMAIN ' || contypid::regtype END AS ruled, \
     conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP \
     EXECUTE format('ALTER %s DROP CONSTRAINT %I', r.ruled, r.conname); END LOOP; END $$; \
     SET session_replication_role = replica";

/// Runs SQL on one connection without the database's rules.
fn unguarded(url: String) -> RawSql {
    let connected: Arc<OnceCell<Client>> = Arc::default();
    Box::new(move |sql| {
        let (url, connected) = (url.clone(), Arc::clone(&connected));
        async move {
            let client = connected
                .get_or_init(|| async {
                    let client = connect(&url).await;
                    client.batch_execute(NO_RULES).await.unwrap();
                    client
                })
                .await;
            client.batch_execute(&sql).await.map_err(|error| error.to_string())
        }
        .boxed()
    })
}

/// A migrated store of its own for the contract suite.
pub async fn make() -> Option<StoreUnderTest> {
    let database = Database::migrated().await?;
    let (store, url) = (database.store(), database.url());
    Some(StoreUnderTest {
        payments: Arc::new(store.clone()),
        reader: Arc::new(store.clone()),
        accounts: Arc::new(store.clone()),
        journal: Arc::new(store.clone()),
        due: Arc::new(store.clone()),
        quarantine: Arc::new(store.clone()),
        account_reader: Arc::new(store.clone()),
        quotes: Arc::new(store.clone()),
        merchants: Arc::new(store.clone()),
        api_keys: Arc::new(store.clone()),
        key_reader: Arc::new(store.clone()),
        audit_log: Arc::new(store.clone()),
        audit: Arc::new(store.clone()),
        proofs: Arc::new(store),
        sql: {
            let url = url.clone();
            Box::new(move |sql| {
                let url = url.clone();
                async move { execute(&url, &sql).await }.boxed()
            })
        },
        unguarded: Some(unguarded(url)),
        id_literal: |id| format!("'{id}'::uuid"),
        time_literal: |at: Timestamp| format!("'{}'::timestamptz", at.to_rfc3339()),
        keep: Box::new(database),
    })
}
