//! The store itself: what its ports share.

use crate::config::{Location, SqliteConfig};
use crate::connection::{OpenError, Readers, Writer};
use crate::schema::{self, SchemaError};
use crate::statement::store_error;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, SqliteConnection};
use paygate_core::Timestamp;
use paygate_ports::{Clock, StoreError};
use std::fmt;
use std::sync::Arc;

/// All store ports on one SQLite database. Clones are the same store.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) writer: Arc<Writer>,
    /// None for a database in memory: it has one connection.
    pub(crate) readers: Option<Arc<Readers>>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the database; a file that does not exist is made. All times written are `clock`'s.
    ///
    /// # Errors
    /// [`OpenError`] when it can't be opened.
    pub fn open(config: SqliteConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let writer = Arc::new(Writer::open(&config)?);
        let in_file = matches!(config.location, Location::File(_));
        let readers = in_file.then(|| Arc::new(Readers::new(config)));
        Ok(Self { writer, readers, clock })
    }

    /// Brings the schema up to what this binary knows.
    ///
    /// # Errors
    /// [`SchemaError::Newer`] when it is beyond that, [`SchemaError::Store`] when it can't be done;
    /// then it is as it was before the migration that failed.
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        self.writer.migrate(schema::migrate).await?
    }

    /// Checks that the schema is the one that this binary knows.
    ///
    /// # Errors
    /// [`SchemaError`], saying what it is instead.
    pub async fn check_schema(&self) -> Result<(), SchemaError> {
        self.writer.run(|connection| Ok(schema::check(connection))).await?
    }

    /// Runs raw SQL in a transaction of its own, past every rule but the database's. For tests that
    /// break rows; a database in memory can't be reached from outside.
    ///
    /// # Errors
    /// [`StoreError`] when the database refuses it; then nothing of it was done.
    #[doc(hidden)]
    pub async fn run_raw(&self, sql: String) -> Result<(), StoreError> {
        let run = move |connection: &mut SqliteConnection, _| {
            connection.batch_execute(&sql).map_err(store_error)
        };
        self.write(run).await
    }

    /// The one value that raw SQL finds, as text; `None` if it finds no row or NULL. For tests that
    /// look past the ports.
    ///
    /// # Errors
    /// [`StoreError`] when the database refuses it.
    #[doc(hidden)]
    pub async fn read_raw(&self, sql: String) -> Result<Option<String>, StoreError> {
        #[derive(diesel::QueryableByName)]
        struct Found {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
            found: Option<String>,
        }
        let sql = format!("SELECT CAST(({sql}) AS TEXT) AS found");
        let read = move |connection: &mut SqliteConnection| {
            let found = diesel::sql_query(sql).get_result::<Found>(connection);
            Ok(found.map_err(store_error)?.found)
        };
        self.read(read).await
    }

    pub(crate) fn time(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `work` in a transaction with the time at which it holds the database.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection, Timestamp) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let clock = Arc::clone(&self.clock);
        self.writer.write(move |connection| work(connection, clock.now())).await
    }

    /// Runs `work` on committed rows.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.readers {
            Some(readers) => readers.run(work).await,
            None => self.writer.run(work).await,
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
