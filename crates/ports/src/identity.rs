//! Who asks.

pub(crate) mod authenticator;
