//! Who moves money in the outside world.

pub(crate) mod acquirer;
