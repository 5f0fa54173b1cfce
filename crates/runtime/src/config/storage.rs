//! Where payments are kept.

use crate::settings::{Settings, SettingsError};
use crate::start::Start;
use paygate_postgres::PostgresConfig;
use paygate_sqlite::SqliteConfig;

/// Where payments are kept.
pub(crate) enum Database {
    Postgres(PostgresConfig),
    Sqlite(SqliteConfig),
}

pub(super) fn database(settings: &Settings, start: &Start) -> Result<Database, SettingsError> {
    let url = settings.text("DATABASE_URL").unwrap_or_default();
    let alone = matches!(start, Start::Api | Start::Worker);
    if alone && !settings.is_set("DATABASE_URL") {
        return Err(SettingsError::invalid("DATABASE_URL", "must be set to a postgres:// URL"));
    }
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(Database::Postgres(PostgresConfig {
            pool_size: settings.count("DATABASE_POOL_SIZE")?,
            ..PostgresConfig::new(url)
        })),
        Some(("sqlite", _)) if alone => Err(SettingsError::invalid(
            "DATABASE_URL",
            "must be a postgres:// URL; SQLite is for `paygate`, which is API and worker in one",
        )),
        Some(("sqlite", ":memory:")) => Ok(Database::Sqlite(SqliteConfig::memory())),
        Some(("sqlite", path)) if path.contains(['?', '#']) => Err(SettingsError::invalid(
            "DATABASE_URL",
            "sqlite:// takes the path of a file and nothing behind it, no ? and no #",
        )),
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(Database::Sqlite(SqliteConfig::file(path)))
        }
        _ => Err(SettingsError::invalid(
            "DATABASE_URL",
            "must be postgres://user:password@host:port/database or sqlite://file",
        )),
    }
}
