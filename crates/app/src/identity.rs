//! Who asks, whom the house knows, and who did what.

pub(crate) mod api_keys;
pub(crate) mod audits;
pub(crate) mod doors;
pub(crate) mod merchants;
