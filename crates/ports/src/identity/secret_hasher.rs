//! Slow hashes of what people choose.

use async_trait::async_trait;
use paygate_core::identity::StoredSecret;
use thiserror::Error;

/// Why a secret was not hashed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashError {
    /// Too many wait already. Repeating helps later.
    #[error("too many secrets wait to be looked at")]
    Overloaded,
    /// It can't be done, or what is stored is no hash.
    #[error("a secret can't be hashed: {0}")]
    Failed(String),
}

/// Hashes secrets slowly, a few at a time.
#[async_trait]
pub trait SecretHasher: Send + Sync {
    /// What is to be kept of a secret: another text each time.
    ///
    /// # Errors
    /// [`HashError`].
    async fn hash(&self, secret: &[u8]) -> Result<StoredSecret, HashError>;

    /// Whether that is the secret of which this is kept. It takes as long whether it is or not.
    ///
    /// # Errors
    /// [`HashError`]; then it is not known.
    async fn matches(&self, secret: &[u8], stored: &StoredSecret) -> Result<bool, HashError>;
}
