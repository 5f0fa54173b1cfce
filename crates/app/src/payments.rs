//! What clients do with payments: make them, look at them, capture, void and refund them.

pub(crate) mod acceptor;
mod await_outcome;
pub(crate) mod charges;
pub(crate) mod create_error;
mod decisions;
mod draft;
mod headroom;
pub(crate) mod holds;
pub(crate) mod outcomes;
mod pace;
pub(crate) mod publisher;
pub(crate) mod read;
pub(crate) mod reads_together;
pub(crate) mod refunds;
pub(crate) mod transfers;
