//! What there is to configure.

use std::path::PathBuf;
use std::time::Duration;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In this process, gone with the store.
    Memory,
    /// In a file, made on opening if it does not exist, for its owner alone.
    File(PathBuf),
}

/// How to open a [`SqliteStore`](crate::SqliteStore).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// Where the database is.
    pub location: Location,
    /// How long to wait for another process that writes to the same file.
    pub busy_timeout: Duration,
    /// How many connections read a file beside the one that writes, 1 or more.
    pub readers: u32,
}

impl SqliteConfig {
    /// A database in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { location: Location::Memory, busy_timeout: Duration::from_secs(5), readers: 4 }
    }

    /// A database in a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { location: Location::File(path.into()), ..Self::memory() }
    }
}
