//! What happens to payments: the store that keeps them, the queue that tells of them, who reads
//! them, and where poison goes.

pub(crate) mod deliveries;
pub(crate) mod due;
pub(crate) mod outcomes;
pub(crate) mod quarantine;
pub(crate) mod queue;
pub(crate) mod reader;
pub(crate) mod store;
