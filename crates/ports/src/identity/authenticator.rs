//! Who is it that asks?

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::identity::Principal;
use thiserror::Error;

/// What somebody shows to prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// Nothing.
    None,
    /// A bearer token (RFC 6750).
    Bearer(&'a [u8]),
}

/// Why it is not known who asks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AuthError {
    /// Nothing was shown, and something is needed.
    #[error("a credential is needed")]
    Missing,
    /// What was shown proves nothing: it is unknown, over or revoked.
    #[error("the credential is not valid")]
    Invalid,
    /// Whoever could tell is away. Repeating helps later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells who asks, by what is shown.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The principal that a credential proves. Asking again changes nothing. How long it takes says
    /// nothing about how near a wrong credential is to a right one.
    ///
    /// # Errors
    /// [`AuthError`]; then nobody is known, and nothing may be done.
    async fn authenticate(&self, shown: Credential<'_>) -> Result<Principal, AuthError>;
}
