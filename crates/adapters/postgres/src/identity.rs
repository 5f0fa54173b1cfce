//! Whom the house knows, and who did what.

pub(crate) mod api_key_reader;
pub(crate) mod api_keys;
pub(crate) mod audit_log;
mod key_row;
pub(crate) mod merchants;
