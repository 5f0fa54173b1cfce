//! Promised rates.

pub(crate) mod quotes;
