//! A PostgreSQL database of one's own.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};

/// A database, dropped with this value.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one on the server of this administrative URL.
    pub async fn create(server: &str) -> Self {
        let id = paygate_testkit::build::payment_id();
        let name = format!("paygate_e2e_{}", id.0.simple());
        connect(server).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self { server: server.to_owned(), name }
    }

    pub fn url(&self) -> String {
        let (base, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = base.rsplit_once('/').unwrap();
        format!("{server}/{}?{query}", self.name)
    }

    pub async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        connect(&self.url()).await.query(sql, parameters).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) -> u64 {
        connect(&self.url()).await.execute(sql, &[]).await.unwrap()
    }

    /// The one number that `sql` answers.
    pub async fn number(&self, sql: &str) -> i64 {
        self.query(sql, &[]).await[0].get(0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own, since this may run inside a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let Ok((client, connection)) = tokio_postgres::connect(&server, NoTls).await else {
                    return;
                };
                tokio::spawn(connection);
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = client.batch_execute(&drop).await;
            });
        });
        let _ = dropping.join();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
