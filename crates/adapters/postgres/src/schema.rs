//! The database's schema: embedded migrations, and the question whether it is the one this binary
//! knows.

use crate::store::PostgresStore;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use std::time::Duration;
use thiserror::Error;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");

/// Two processes that migrate at once take turns by this advisory lock; the number is arbitrary.
const LOCK: &str = "SELECT pg_advisory_lock(7261984350)";

/// How long a migration may wait for a lock: whoever asks for the table after it waits behind it.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '1s'";
/// Building an index beside the work waits for all older transactions, and nobody behind it.
const NO_LOCK_TIMEOUT: &str = "SET lock_timeout = 0";
/// How often a migration is tried, and how long the others have their turn in between.
const MAX_TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(1);

/// Why a schema can't be used.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The database could not be asked.
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    /// Migrations are missing.
    #[error("the database schema is behind this version; run `paygate migrate`")]
    Behind,
    /// It has migrations that this binary does not know.
    #[error(
        "the database schema is ahead of this version (unknown migration {0}); upgrade Paygate"
    )]
    Ahead(String),
    /// A migration failed; it left nothing behind.
    #[error("a migration failed: {0}")]
    Failed(String),
}

impl PostgresStore {
    /// Applies the migrations that are missing, each in a transaction of its own, and answers their
    /// names. Processes that do this at once take turns. One that does not get its locks at once
    /// gives way and tries again, so that the service goes on behind a long transaction meanwhile.
    /// Needs a multi-threaded runtime.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub async fn migrate(&self) -> Result<Vec<String>, SchemaError> {
        let connected = self.pool.dedicated().await;
        let mut connection = connected.map_err(|e| SchemaError::Unreachable(e.to_string()))?;
        let locked = connection.batch_execute(LOCK).await;
        locked.map_err(|error| SchemaError::Unreachable(error.to_string()))?;
        // The lock ends with the connection.
        let mut connection = AsyncConnectionWrapper::<_>::from(connection);
        tokio::task::block_in_place(|| apply_pending(&mut connection)).map_err(failed)
    }

    /// Whether the schema is exactly the one this binary knows.
    ///
    /// # Errors
    /// [`SchemaError`], which says what to do.
    pub async fn check_schema(&self) -> Result<(), SchemaError> {
        let unreachable = |error: String| SchemaError::Unreachable(error);
        let connected = self.pool.dedicated().await;
        let mut connection = connected.map_err(|error| unreachable(error.to_string()))?;
        let present = diesel::dsl::sql::<diesel::sql_types::Bool>(
            "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL",
        )
        .get_result::<bool>(&mut connection)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
        if !present {
            return Err(SchemaError::Behind);
        }
        let applied: BTreeSet<String> = diesel::dsl::sql::<diesel::sql_types::Text>(
            "SELECT version FROM __diesel_schema_migrations",
        )
        .load::<String>(&mut connection)
        .await
        .map_err(|error| unreachable(error.to_string()))?
        .into_iter()
        .collect();
        let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
        let known: BTreeSet<String> =
            migrations.iter().map(|one| one.name().version().to_string()).collect();
        if let Some(unknown) = applied.difference(&known).next() {
            return Err(SchemaError::Ahead(unknown.clone()));
        }
        if known.is_subset(&applied) { Ok(()) } else { Err(SchemaError::Behind) }
    }
}

/// What diesel says of a migration.
type Applied<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Applies what is missing, on a thread that it may block.
fn apply_pending(
    connection: &mut AsyncConnectionWrapper<AsyncPgConnection>,
) -> Applied<Vec<String>> {
    let mut applied = Vec::new();
    for migration in connection.pending_migrations(MIGRATIONS)? {
        apply(connection, &*migration)?;
        applied.push(migration.name().version().to_string());
    }
    Ok(applied)
}

/// Applies a migration. In a transaction it leaves nothing behind when it fails, and is tried again:
/// diesel does not tell a lock that was not granted from other failures.
fn apply(
    connection: &mut AsyncConnectionWrapper<AsyncPgConnection>,
    migration: &dyn Migration<Pg>,
) -> Applied<()> {
    let (lock_timeout, max_tries) = match migration.metadata().run_in_transaction() {
        true => (LOCK_TIMEOUT, MAX_TRIES),
        false => (NO_LOCK_TIMEOUT, 1),
    };
    SimpleConnection::batch_execute(connection, lock_timeout)?;
    let mut tries = 1;
    while let Err(error) = connection.run_migration(migration) {
        if tries >= max_tries {
            return Err(error);
        }
        tracing::warn!(migration = %migration.name(), tries, %error, "a migration is tried again");
        std::thread::sleep(PAUSE);
        tries += 1;
    }
    Ok(())
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> SchemaError {
    SchemaError::Failed(error.to_string())
}
