//! The store: a handle of its pool. What it does stands in a module a port.

use crate::config::{ConfigError, PostgresConfig};
use crate::pool::Pool;

/// The store. Clones share one pool.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) pool: Pool,
}

impl PostgresStore {
    /// A store on this database. Connects when it is first used, not now.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration can't work.
    pub fn new(config: PostgresConfig) -> Result<Self, ConfigError> {
        Ok(Self { pool: Pool::new(config)? })
    }
}
