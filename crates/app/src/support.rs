//! What the use cases share and that knows nothing of payments.

pub(crate) mod coalescer;
pub(crate) mod halved;
pub(crate) mod overtaking;
pub(crate) mod read_error;
pub(crate) mod readiness;
pub(crate) mod retry;
