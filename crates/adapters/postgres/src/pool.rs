//! Connections: how they are made, taken and thrown away.

use crate::config::{ConfigError, PostgresConfig, SslMode, split_ssl};
use crate::error::{PgError, Remedy};
use crate::tls;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool as Deadpool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use paygate_ports::StoreError;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) type Connection = Object<AsyncPgConnection>;

/// A pool of connections, all of them set up alike.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Deadpool<AsyncPgConnection>,
    connector: Arc<Connector>,
}

impl Pool {
    pub(crate) fn new(config: PostgresConfig) -> Result<Self, ConfigError> {
        let connector = Arc::new(Connector::new(&config)?);
        let for_pool = Arc::clone(&connector);
        let mut manager = ManagerConfig::default();
        // A test query for each use would cost as much as the use; what a dead connection costs is
        // one error, after which the pool throws away the others, too.
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_| Arc::clone(&for_pool).connect());
        let connections =
            Deadpool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
                .max_size(config.pool_size.max(1))
                .runtime(deadpool::Runtime::Tokio1)
                .wait_timeout(Some(config.acquire_timeout))
                .create_timeout(Some(config.acquire_timeout))
                .build()
                .map_err(|error| ConfigError::Pool(error.to_string()))?;
        Ok(Self { connections, connector })
    }

    /// A connection from the pool.
    pub(crate) async fn get(&self) -> Result<Connection, PgError> {
        let taken = self.connections.get().await;
        let status = self.connections.status();
        metrics::gauge!("paygate_pool_connections", "state" => "idle").set(status.available as f64);
        metrics::gauge!("paygate_pool_connections", "state" => "open").set(status.size as f64);
        metrics::gauge!("paygate_pool_waiting").set(status.waiting as f64);
        taken.map_err(|error| StoreError::Unavailable(error.to_string()).into())
    }

    /// A connection outside the pool, without statement time-outs: for migrations.
    pub(crate) async fn dedicated(&self) -> ConnectionResult<AsyncPgConnection> {
        let mut connection = Arc::clone(&self.connector).connect().await?;
        connection
            .batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }

    /// Makes of an error what the port's caller is told, and learns from it: when a connection is
    /// gone, the idle ones most likely are, too. (A server that shuts down says so in an error that
    /// diesel does not tell from others.)
    pub(crate) fn learn(&self, error: PgError) -> StoreError {
        if error.remedy() != Remedy::None {
            self.connections.retain(|_, _| false);
        }
        error.into_store_error()
    }
}

/// What each session begins with.
///
/// Statements are planned once per connection, for whatever values: left to itself the server plans many
/// of them anew at each call, for which it needs longer than to run them for a few rows. That is often
/// while the tables are still empty; a plan that reads a whole table is then kept while the table grows. Every statement of this adapter, and every
/// foreign key, has an index to go by, and those that stop early one in their order: the planner is
/// told to go along it, and neither to gather what it finds in a bitmap first, nor to sort it, nor to
/// share the work out. It says so by a cost of 10^10 where none will do, as on an empty table, and such a cost makes
/// the server compile the plan at each call, a thousand times what running it takes.
pub(crate) fn session(config: &PostgresConfig) -> String {
    format!(
        "SET lock_timeout = {}; SET statement_timeout = {}; \
         SET idle_in_transaction_session_timeout = {}; SET TimeZone = 'UTC'; \
         SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
         SET enable_mergejoin = off; SET enable_incremental_sort = off; \
         SET max_parallel_workers_per_gather = 0; SET jit = off; \
         SET plan_cache_mode = force_generic_plan",
        config.lock_timeout.as_millis(),
        config.statement_timeout.as_millis(),
        config.idle_in_transaction_timeout.as_millis(),
    )
}

/// Makes connections.
struct Connector {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    setup: String,
}

impl Connector {
    fn new(config: &PostgresConfig) -> Result<Self, ConfigError> {
        let (url, ssl_mode) = split_ssl(&config.url)?;
        let mut parsed = tokio_postgres::Config::from_str(&url)
            .map_err(|error| ConfigError::Url(error.to_string()))?;
        parsed.connect_timeout(config.acquire_timeout).keepalives_idle(Duration::from_secs(30));
        parsed.keepalives_interval(Duration::from_secs(10));
        // Keepalives don't ask while something that was sent waits to be acknowledged.
        if parsed.get_tcp_user_timeout().is_none() {
            parsed.tcp_user_timeout(Duration::from_secs(30));
        }
        parsed.ssl_mode(match ssl_mode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Require | SslMode::VerifyFull { .. } => {
                tokio_postgres::config::SslMode::Require
            }
        });
        if parsed.get_application_name().is_none() {
            parsed.application_name("paygate");
        }
        let setup = session(config);
        let tls = tls::client_config(&ssl_mode)?.map(MakeRustlsConnect::new);
        Ok(Self { config: parsed, tls, setup })
    }

    fn connect(self: Arc<Self>) -> BoxFuture<'static, ConnectionResult<AsyncPgConnection>> {
        async move {
            let bad = |error: tokio_postgres::Error| {
                // The source says what happened; the error itself only where.
                let source = std::error::Error::source(&error).map(ToString::to_string);
                ConnectionError::BadConnection(source.unwrap_or_else(|| error.to_string()))
            };
            let mut connection = match self.tls.clone() {
                Some(tls) => {
                    let (client, driver) = self.config.connect(tls).await.map_err(bad)?;
                    AsyncPgConnection::try_from_client_and_connection(client, driver).await?
                }
                None => {
                    let plain = self.config.connect(tokio_postgres::NoTls).await;
                    let (client, driver) = plain.map_err(bad)?;
                    AsyncPgConnection::try_from_client_and_connection(client, driver).await?
                }
            };
            connection
                .batch_execute(&self.setup)
                .await
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        }
        .boxed()
    }
}
