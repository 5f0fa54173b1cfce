//! What can go wrong in a store, by what the caller can do about it.

use thiserror::Error;

/// An error of any store port.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The store is away, overloaded, or kept refusing for contention. Nothing was written, or (a
    /// lost commit) it can't be told; repeating is safe and helps later.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store is there, and failed again and again in a way that names no rule: a lock that is held
    /// for long, a time-out, a full disk, a damaged page. Nothing was written. Repeating may help, or
    /// may never; who can't wait for ever sets aside what he asked for.
    #[error("the store fails: {0}")]
    Failing(String),
    /// A row breaks a rule of the domain and can't be read. Repeating does not help.
    #[error("{table} {id} can't be read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// The broken rule.
        reason: String,
    },
    /// The store refused what was to be written, or a decision panicked. Nothing was written.
    /// Repeating does not help.
    #[error("the store refused: {0}")]
    Refused(String),
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Failing(_) => true,
            Self::Corrupt { .. } | Self::Refused(_) => false,
        }
    }
}
