//! Who asks, whom the house knows, and what was done.

pub(crate) mod access_tokens;
pub(crate) mod api_key_reader;
pub(crate) mod api_keys;
pub(crate) mod audit_log;
pub(crate) mod authenticator;
pub(crate) mod made;
pub(crate) mod merchants;
pub(crate) mod page;
pub(crate) mod secret_hasher;
