//! Proving that the ledger holds, on request and beside the work.

pub(crate) mod proving;
pub(crate) mod reconcile;
