//! The journal, and how far it is proved.

pub(crate) mod audit;
pub(crate) mod journal;
pub(crate) mod proof_log;
