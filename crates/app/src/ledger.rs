//! Proving that the ledger holds, on request and beside the work.

pub(crate) mod proofs;
pub(crate) mod reconcile;
