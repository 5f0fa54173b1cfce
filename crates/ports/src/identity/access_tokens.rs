//! What a person shows with each request, in place of a password.

use paygate_core::Timestamp;
use paygate_core::id::{SessionId, UserId};
use thiserror::Error;

/// What an access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// From when on it says nothing, in whole seconds.
    pub expires_at: Timestamp,
}

/// Why a token says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is none of ours: another's, another algorithm's, for others, or changed.
    #[error("the token is not valid: {0}")]
    Invalid(String),
    /// It was one of ours.
    #[error("the token's time is over")]
    Expired,
}

/// Makes and reads access tokens. It asks nobody: what a token says may be over before the token is.
pub trait AccessTokens: Send + Sync {
    /// The token that says this.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it can't be written.
    fn issue(&self, claims: Claims, now: Timestamp) -> Result<String, TokenError>;

    /// What a token says, if it is one of ours at that moment.
    ///
    /// # Errors
    /// [`TokenError`].
    fn read(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError>;
}
