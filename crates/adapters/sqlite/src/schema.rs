//! The schema: brought up to date on request, and compared with what this binary knows at start.

use crate::connection::in_transaction;
use crate::statement::{statement, store_error};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use paygate_ports::StoreError;
use std::collections::BTreeSet;
use thiserror::Error;

#[cfg(test)]
mod tests;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// Why a schema is not the one that this binary knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// It has never been migrated.
    #[error("the database has no schema yet: run `paygate migrate`")]
    Missing,
    /// Migrations that this binary knows were not run.
    #[error("the database schema is older than this binary: run `paygate migrate`")]
    Older,
    /// Migrations were run that this binary does not know.
    #[error("the database schema is newer than this binary: {0} is not known")]
    Newer(String),
    /// It can't be read or migrated.
    #[error("the database schema can't be read or migrated: {0}")]
    Store(#[from] StoreError),
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

pub(crate) fn migrate(connection: &mut SqliteConnection) -> Result<(), SchemaError> {
    // The lock keeps a second process from migrating at the same time.
    match check(connection) {
        Err(SchemaError::Missing | SchemaError::Older) => bring_up(connection, MIGRATIONS),
        done => done,
    }
}

fn bring_up(
    connection: &mut SqliteConnection,
    migrations: impl MigrationSource<Sqlite>,
) -> Result<(), SchemaError> {
    // Tables can be made anew only while nothing asks who refers to them, and that can be said only
    // outside a transaction. So the keys are checked at its end instead.
    connection.batch_execute("PRAGMA foreign_keys = OFF").map_err(store_error)?;
    let migrated = connection.immediate_transaction(|connection| {
        connection.run_pending_migrations(migrations).map(drop).map_err(Failed::Migration)?;
        check_foreign_keys(connection).map_err(Failed::Check)
    });
    let on_again = connection.batch_execute("PRAGMA foreign_keys = ON").map_err(store_error);
    migrated.map_err(|failed| match failed {
        Failed::Migration(error) => refused(&*error),
        Failed::Check(error) => SchemaError::Store(error),
        Failed::Transaction(error) => SchemaError::Store(store_error(error)),
    })?;
    Ok(on_again?)
}

fn check_foreign_keys(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let broken = "SELECT \"table\" AS name FROM pragma_foreign_key_check LIMIT 1";
    match statement(broken).row::<Name>(connection)? {
        None => Ok(()),
        Some(Name { name }) => {
            Err(StoreError::Refused(format!("a row of {name} refers to one that is not there")))
        }
    }
}

/// What ends a migration early.
enum Failed {
    Migration(Box<dyn std::error::Error + Send + Sync>),
    Check(StoreError),
    Transaction(diesel::result::Error),
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transaction(error)
    }
}

pub(crate) fn check(connection: &mut SqliteConnection) -> Result<(), SchemaError> {
    let known = known()?;
    let run = in_transaction(connection, "BEGIN", applied)?;
    if let Some(unknown) = run.difference(&known).next() {
        Err(SchemaError::Newer(unknown.clone()))
    } else if run.is_empty() {
        Err(SchemaError::Missing)
    } else if run == known {
        Ok(())
    } else {
        Err(SchemaError::Older)
    }
}

fn known() -> Result<BTreeSet<String>, SchemaError> {
    let migrations = MigrationSource::<Sqlite>::migrations(&MIGRATIONS);
    let migrations: Vec<Box<dyn Migration<Sqlite>>> =
        migrations.map_err(|error| refused(&*error))?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn applied(connection: &mut SqliteConnection) -> Result<BTreeSet<String>, StoreError> {
    let table = "SELECT name FROM sqlite_schema WHERE name = '__diesel_schema_migrations'";
    if statement(table).row::<Name>(connection)?.is_none() {
        return Ok(BTreeSet::new());
    }
    let versions = statement("SELECT version AS name FROM __diesel_schema_migrations");
    Ok(versions.rows::<Name>(connection)?.into_iter().map(|row| row.name).collect())
}

fn refused(error: &dyn std::error::Error) -> SchemaError {
    SchemaError::Store(StoreError::Refused(error.to_string()))
}
