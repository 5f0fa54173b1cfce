//! The database's schema: embedded migrations, and the question whether it is the one this binary
//! knows.

use crate::PostgresStore;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use thiserror::Error;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");

/// Two processes that migrate at once take turns by this advisory lock; the number is arbitrary.
const LOCK: &str = "SELECT pg_advisory_lock(7261984350)";

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
    /// names. Processes that do this at once take turns. Needs a multi-threaded runtime.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub async fn migrate(&self) -> Result<Vec<String>, SchemaError> {
        let connected = self.pool.dedicated().await;
        let mut connection = connected.map_err(|e| SchemaError::Unreachable(e.to_string()))?;
        let locked = connection.batch_execute(LOCK).await;
        locked.map_err(|error| SchemaError::Unreachable(error.to_string()))?;
        // The lock ends with the connection.
        let mut harness = AsyncMigrationHarness::new(connection);
        let applied = harness
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| SchemaError::Failed(error.to_string()))?;
        Ok(applied.iter().map(ToString::to_string).collect())
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
        let migrations: Vec<Box<dyn Migration<Pg>>> =
            MIGRATIONS.migrations().map_err(|error| SchemaError::Failed(error.to_string()))?;
        let known: BTreeSet<String> =
            migrations.iter().map(|one| one.name().version().to_string()).collect();
        if let Some(unknown) = applied.difference(&known).next() {
            return Err(SchemaError::Ahead(unknown.clone()));
        }
        if known.is_subset(&applied) { Ok(()) } else { Err(SchemaError::Behind) }
    }
}
