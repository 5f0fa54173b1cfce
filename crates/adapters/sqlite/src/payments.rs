//! Payments behind their ports: accepted, listed, changed, brought back when they are due.

pub(crate) mod accept;
pub(crate) mod due;
pub(crate) mod list;
pub(crate) mod quarantine;
pub(crate) mod store;
pub(crate) mod transact;
