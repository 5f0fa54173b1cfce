//! Opening accounts, and reading what is in them.

pub(crate) mod reader;
pub(crate) mod store;
