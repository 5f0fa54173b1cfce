//! Connections: how they are opened, the one that writes, and those that read a file beside it.
//!
//! What must stay true: whatever fails or panics inside a transaction, the connection comes out of
//! it without one; a caller that goes away does not interrupt it, because a file's statements run on
//! blocking threads to their end, and those of a database in memory without awaiting.

use crate::config::{Location, SqliteConfig};
use crate::statement::store_error;
use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryResult, SqliteConnection};
use paygate_ports::StoreError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// Why a database can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file can't be made, or its name is no text.
    #[error("the database file can't be made: {0}")]
    File(#[from] std::io::Error),
    /// SQLite can't open it, or does not take it for a database.
    #[error("the database can't be opened: {0}")]
    Sqlite(String),
}

/// Opens a connection to the configured database with all that must be set on it.
pub(crate) fn open(config: &SqliteConfig) -> Result<SqliteConnection, OpenError> {
    let url = match &config.location {
        Location::Memory => ":memory:".to_owned(),
        Location::File(path) => {
            make_private(path)?;
            // A name of its own meaning (`file:…`, `:memory:`) is a name like any other here.
            let plain = Path::new(".").join(path);
            let no_text = || std::io::Error::from(std::io::ErrorKind::InvalidFilename);
            plain.to_str().ok_or_else(no_text)?.to_owned()
        }
    };
    let sqlite = |error: &dyn ToString| OpenError::Sqlite(error.to_string());
    let mut connection = SqliteConnection::establish(&url).map_err(|error| sqlite(&error))?;
    // The timeout goes first: switching to the write-ahead log may have to wait. Without recursive
    // triggers, REPLACE would delete rows of the append-only tables without asking them.
    let pragmas = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;",
        config.busy_timeout.as_millis()
    );
    connection.batch_execute(&pragmas).map_err(|error| sqlite(&error))?;
    Ok(connection)
}

/// Makes the file, if it does not exist, for its owner alone. SQLite gives the files beside it (the
/// log and its index) the same permissions.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Sets what the connection that writes has besides. What a statement would have to take back stays in
/// memory, and so do 16 MiB of pages; the log is moved to the file when it has 32 MB and not each 4,
/// since most of its pages are written again soon.
fn set_to_write(connection: &mut SqliteConnection) -> QueryResult<()> {
    let pragmas = "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; \
         PRAGMA wal_autocheckpoint = 8000;";
    connection.batch_execute(pragmas)
}

/// The connection that writes, and for a database in memory also reads.
pub(crate) struct Writer {
    connection: Arc<tokio::sync::Mutex<SqliteConnection>>,
    inline: bool,
}

impl Writer {
    pub(crate) fn open(config: &SqliteConfig) -> Result<Self, OpenError> {
        let mut connection = open(config)?;
        set_to_write(&mut connection).map_err(|error| OpenError::Sqlite(error.to_string()))?;
        let connection = Arc::new(tokio::sync::Mutex::new(connection));
        Ok(Self { connection, inline: config.location == Location::Memory })
    }

    /// Runs a migration: an index of a large table is sorted in files.
    pub(crate) async fn migrate<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(|connection| {
            connection.batch_execute("PRAGMA temp_store = DEFAULT").map_err(store_error)?;
            let done = work(connection);
            set_to_write(connection).map_err(store_error)?;
            Ok(done)
        })
        .await
    }

    /// Runs `work` with the connection, outside any transaction.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.inline {
            return self.run_inline(work).await;
        }
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        blocking(move || work(&mut connection)).await
    }

    /// Runs `work` with the connection, in the caller's own thread: for a database in memory.
    pub(crate) async fn run_inline<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut *self.connection.lock().await)
    }

    /// Runs `work` in a transaction, which is committed if it succeeds and rolled back if it fails
    /// or panics.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(|connection| in_transaction(connection, "BEGIN IMMEDIATE", work)).await
    }
}

/// Runs `work` between `begin` and COMMIT or ROLLBACK.
pub(crate) fn in_transaction<T>(
    connection: &mut SqliteConnection,
    begin: &str,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.batch_execute(begin).map_err(store_error)?;
    let done = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|panic| Err(StoreError::Refused(told(&*panic))))
        .and_then(|value| {
            connection.batch_execute("COMMIT").map_err(store_error)?;
            Ok(value)
        });
    if done.is_err() {
        // SQLite has rolled back by itself after some errors, and then refuses to do it again.
        if let Err(error) = connection.batch_execute("ROLLBACK") {
            tracing::debug!(%error, "nothing to roll back");
        }
    }
    done
}

fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a word"))
}

/// Connections that read a file, opened when first needed.
pub(crate) struct Readers {
    config: SqliteConfig,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(config: SqliteConfig) -> Self {
        let readers = usize::try_from(config.readers.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(readers));
        Self { config, idle: Mutex::default(), permits }
    }

    /// Runs `work` with one of the connections, when one is free.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Unavailable("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let readers = Arc::clone(self);
        blocking(move || {
            let _in_use = InUse::new(permit);
            let mut connection = readers.take()?;
            let answer = work(&mut connection);
            // One whose work panicked does not come back: it may be in the middle of something.
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        })
        .await
    }

    fn take(&self) -> Result<SqliteConnection, StoreError> {
        if let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(idle);
        }
        let unavailable = |error: &dyn ToString| StoreError::Unavailable(error.to_string());
        let mut connection = open(&self.config).map_err(|error| unavailable(&error))?;
        let read_only = connection.batch_execute("PRAGMA query_only = ON");
        read_only.map_err(|error| unavailable(&error))?;
        Ok(connection)
    }
}

/// A reader's place in the pool, given back and taken off the gauge however its work ends.
struct InUse {
    _permit: OwnedSemaphorePermit,
}

impl InUse {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        Self::gauge().increment(1.0);
        Self { _permit: permit }
    }

    fn gauge() -> metrics::Gauge {
        metrics::gauge!("paygate_pool_connections", "state" => "in-use")
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        Self::gauge().decrement(1.0);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => Err(StoreError::Refused(error.to_string())),
        Err(error) => Err(StoreError::Unavailable(error.to_string())),
    }
}

#[cfg(test)]
mod tests;
