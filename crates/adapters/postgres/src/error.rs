//! What a diesel error means for the caller.

use diesel::result::{DatabaseErrorKind, Error};
use paygate_ports::StoreError;

/// An error inside this adapter.
#[derive(Debug)]
pub(crate) enum PgError {
    /// Of diesel or the server.
    Diesel(Error),
    /// Of this adapter.
    Store(StoreError),
    /// No error: a wallet's opening balance can't be posted, and the transaction is to be undone.
    NotOpened(paygate_core::payment::Reason),
    /// No error: the transaction must lock these payments, too.
    NeedsParents(Vec<uuid::Uuid>),
}

impl From<Error> for PgError {
    fn from(error: Error) -> Self {
        Self::Diesel(error)
    }
}

impl From<StoreError> for PgError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The transaction lost against another: do it again.
    Again,
    /// The connection is gone: others of the pool may be, too.
    Reconnect,
    /// Nothing helps.
    None,
}

impl PgError {
    pub(crate) fn remedy(&self) -> Remedy {
        use DatabaseErrorKind::*;
        match self {
            // diesel tells neither the SQLSTATE of the others nor what it means: deadlocks, lock
            // time-outs, shutdowns, full disks, damaged pages and missing tables are all Unknown, and
            // none is the fault of what was to be written: that has a kind of its own.
            Self::Diesel(Error::DatabaseError(SerializationFailure | Unknown, _)) => Remedy::Again,
            Self::Diesel(Error::DatabaseError(
                UnableToSendCommand | ClosedConnection | ReadOnlyTransaction,
                _,
            ))
            | Self::Diesel(Error::BrokenTransactionManager | Error::RollbackErrorOnCommit { .. }) => {
                Remedy::Reconnect
            }
            Self::Diesel(_) | Self::Store(_) | Self::NeedsParents(_) | Self::NotOpened(_) => {
                Remedy::None
            }
        }
    }

    /// What the port's caller is told.
    pub(crate) fn into_store_error(self) -> StoreError {
        match (self.remedy(), self) {
            (_, Self::Store(error)) => error,
            (_, Self::NotOpened(reason)) => StoreError::Refused(reason.to_string()),
            (_, Self::NeedsParents(_)) => {
                StoreError::Refused("a refund's payment was not locked".to_owned())
            }
            (Remedy::None, Self::Diesel(error)) => StoreError::Refused(error.to_string()),
            (_, Self::Diesel(error @ Error::DatabaseError(DatabaseErrorKind::Unknown, _))) => {
                StoreError::Failing(error.to_string())
            }
            (_, Self::Diesel(error)) => StoreError::Unavailable(error.to_string()),
        }
    }
}

/// A number of changed rows that is not the number of rows to change.
pub(crate) fn check_affected(what: &str, wanted: usize, got: usize) -> Result<(), PgError> {
    if wanted == got {
        return Ok(());
    }
    Err(StoreError::Refused(format!("{what}: {got} rows changed instead of {wanted}")).into())
}
