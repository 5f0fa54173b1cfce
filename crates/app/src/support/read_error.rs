//! Why something is not shown.

use paygate_core::identity::Denied;
use paygate_ports::StoreError;
use thiserror::Error;

/// Why something is not shown. What is not seen is no error: it is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is not for who asks to see.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store is away, or a row can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
