//! How far the ledger has been proved, known to all workers.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use std::time::Duration;

/// Keeps how far the ledger has been proved, so that one of many workers proves what is new, and
/// none leaves out what was made while no worker ran.
#[async_trait]
pub trait ProofLog: Send + Sync {
    /// Begins a proof, if the last one was begun at least `every` ago and is recorded: answers from
    /// when on entries are not proved yet. Of many who ask at once one is answered; the others get
    /// `None`. A proof that is not recorded is taken for dead after ten times `every`.
    ///
    /// # Errors
    /// [`StoreError`]; then none was begun.
    async fn begin(&self, every: Duration) -> Result<Option<Timestamp>, StoreError>;

    /// Ends a proof, and records that what was made before `to` has been looked at. Never goes back.
    ///
    /// # Errors
    /// [`StoreError`]; then it is looked at again.
    async fn record(&self, to: Timestamp) -> Result<(), StoreError>;
}
