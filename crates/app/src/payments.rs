//! What clients do with payments: make them, look at them, capture, void and refund them.

pub(crate) mod acceptor;
mod await_outcome;
pub(crate) mod charges;
pub(crate) mod create_error;
mod draft;
mod headroom;
pub(crate) mod holds;
pub(crate) mod outcomes;
pub(crate) mod publisher;
pub(crate) mod read;
pub(crate) mod refunds;
mod transact_one;
pub(crate) mod transfers;
