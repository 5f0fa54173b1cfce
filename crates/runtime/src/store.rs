//! The store the configuration names, as its ports.

use crate::config::{Config, Database};
use crate::fatal::{Fatal, fatal};
use crate::system::SystemClock;
use paygate_ports::{
    AccountReader, AccountStore, ApiKeyReader, ApiKeyStore, Audit, AuditLog, DueStore, HealthCheck,
    MerchantStore, PaymentReader, PaymentStore, ProofLog, Quarantine, QuoteStore,
};
use paygate_postgres::{PostgresStore, SchemaError};
use paygate_sqlite::{Location, SqliteStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The ports of one store.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) payments: Arc<dyn PaymentStore>,
    pub(crate) reader: Arc<dyn PaymentReader>,
    pub(crate) accounts: Arc<dyn AccountStore>,
    pub(crate) account_reader: Arc<dyn AccountReader>,
    pub(crate) quotes: Arc<dyn QuoteStore>,
    pub(crate) merchants: Arc<dyn MerchantStore>,
    pub(crate) api_keys: Arc<dyn ApiKeyStore>,
    pub(crate) key_reader: Arc<dyn ApiKeyReader>,
    pub(crate) audit_log: Arc<dyn AuditLog>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) proof_log: Arc<dyn ProofLog>,
    pub(crate) due: Arc<dyn DueStore>,
    pub(crate) quarantine: Arc<dyn Quarantine>,
    pub(crate) health: Arc<dyn HealthCheck>,
}

impl Stores {
    fn of<S>(store: S) -> Self
    where
        S: PaymentStore
            + PaymentReader
            + AccountStore
            + AccountReader
            + QuoteStore
            + Audit
            + ProofLog,
        S: DueStore + Quarantine + HealthCheck + Clone + 'static,
        S: MerchantStore + ApiKeyStore + ApiKeyReader + AuditLog,
    {
        Self {
            payments: Arc::new(store.clone()),
            reader: Arc::new(store.clone()),
            accounts: Arc::new(store.clone()),
            account_reader: Arc::new(store.clone()),
            quotes: Arc::new(store.clone()),
            merchants: Arc::new(store.clone()),
            api_keys: Arc::new(store.clone()),
            key_reader: Arc::new(store.clone()),
            audit_log: Arc::new(store.clone()),
            audit: Arc::new(store.clone()),
            proof_log: Arc::new(store.clone()),
            due: Arc::new(store.clone()),
            quarantine: Arc::new(store.clone()),
            health: Arc::new(store),
        }
    }
}

/// Opens the store. Its schema must be the one this binary knows; with `migrate` it is brought
/// there. Waits for a database that is not up yet, a bounded time.
pub(crate) async fn open(config: &Config, migrate: bool) -> Result<Stores, Fatal> {
    match &config.database {
        Database::Postgres(postgres) => {
            let store = PostgresStore::new(postgres.clone()).map_err(in_url)?;
            prepare_postgres(&store, migrate, config.startup_timeout).await?;
            Ok(Stores::of(store))
        }
        Database::Sqlite(sqlite) => {
            if let Location::File(path) = &sqlite.location
                && !migrate
                && !path.exists()
            {
                let path = path.display();
                return Err(format!("there is no database {path}: run `paygate migrate`"));
            }
            let store = SqliteStore::open(sqlite.clone(), Arc::new(SystemClock)).map_err(fatal)?;
            if migrate {
                store.migrate().await.map_err(fatal)?;
            }
            store.check_schema().await.map_err(fatal)?;
            Ok(Stores::of(store))
        }
    }
}

/// Brings the schema to what this binary knows, and ends.
pub(crate) async fn migrate(config: &Config) -> Result<(), Fatal> {
    open(config, true).await?;
    tracing::info!("the schema is up to date");
    Ok(())
}

async fn prepare_postgres(
    store: &PostgresStore,
    migrate: bool,
    patience: Duration,
) -> Result<(), Fatal> {
    let deadline = Instant::now() + patience;
    loop {
        let prepared = match migrate {
            true => store.migrate().await.map(|applied| {
                for name in applied {
                    tracing::info!(name, "migration applied");
                }
            }),
            false => Ok(()),
        };
        let checked = match prepared {
            Ok(()) => store.check_schema().await,
            Err(error) => Err(error),
        };
        match checked {
            Err(SchemaError::Unreachable(why)) if Instant::now() < deadline => {
                tracing::warn!(why, "waiting for the database");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            checked => return checked.map_err(fatal),
        }
    }
}

fn in_url(error: paygate_postgres::ConfigError) -> Fatal {
    format!("DATABASE_URL: {error}")
}
