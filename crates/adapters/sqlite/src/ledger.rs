//! The journal, and its proof.

pub(crate) mod audit;
pub(crate) mod journal;
pub(crate) mod proof_log;
