//! A database with a million payments, dropped with the value.

#![allow(clippy::disallowed_methods, reason = "a test needs a name that was never given")]

use crate::{PostgresConfig, PostgresStore};
use paygate_testkit::servers::postgres_url;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Nothing here has to outlive a crash, nor has room to be rewritten. Who refers goes first.
const QUICK: &str = "ALTER TABLE payment_states SET UNLOGGED; ALTER TABLE due SET UNLOGGED; ALTER TABLE watches SET UNLOGGED; \
     ALTER TABLE postings SET UNLOGGED; \
     ALTER TABLE payment_transitions SET UNLOGGED; \
     ALTER TABLE payments SET UNLOGGED; ALTER TABLE fx_quotes SET UNLOGGED; \
     ALTER TABLE accounts SET UNLOGGED; \
     ALTER TABLE payments RESET (fillfactor); ALTER TABLE due RESET (fillfactor)";

/// A database of this test alone.
pub(super) struct Scratch {
    server: String,
    name: String,
}

impl Scratch {
    /// A migrated and empty one; `None` without a server.
    pub(super) async fn migrated() -> Option<Self> {
        let server = postgres_url()?;
        let name = format!("paygate_plans_{}", Uuid::now_v7().simple());
        connect(&server).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let scratch = Self { server, name };
        scratch.store().migrate().await.unwrap();
        scratch.client().await.batch_execute(QUICK).await.unwrap();
        Some(scratch)
    }

    fn store(&self) -> PostgresStore {
        PostgresStore::new(self.config()).unwrap()
    }

    pub(super) fn config(&self) -> PostgresConfig {
        let (base, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = base.rsplit_once('/').unwrap();
        PostgresConfig::new(format!("{server}/{}?{query}", self.name))
    }

    pub(super) async fn client(&self) -> Client {
        connect(&self.config().url).await
    }

    /// Fills it, on three connections at once. Nobody analyzes the tables yet.
    pub(super) async fn fill(&self) {
        let fill = async |sql: &str| {
            let client = self.client().await;
            client.batch_execute(include_str!("fill/begin.sql")).await.unwrap();
            client.batch_execute(sql).await.unwrap();
        };
        tokio::join!(
            fill(include_str!("fill/payments.sql")),
            fill(include_str!("fill/journal.sql")),
            fill(include_str!("fill/identity.sql")),
        );
    }

    pub(super) async fn analyze(&self) {
        self.client().await.batch_execute("ANALYZE").await.unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A thread of its own: this runs inside a runtime.
        let _ = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async { connect(&server).await.batch_execute(&drop).await })
        })
        .join();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
