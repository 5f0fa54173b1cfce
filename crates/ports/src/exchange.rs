//! Exchange rates and the promises made with them.

pub(crate) mod quotes;
pub(crate) mod rates;
