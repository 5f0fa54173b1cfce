//! Who asks, of those who have no key: whoever knows the token of the environment is the operator;
//! where none is set, everybody is in a sandbox, or nobody may enter.

use async_trait::async_trait;
use paygate_core::identity::{KeySecret, Principal};
use paygate_ports::{AuthError, Authenticator, Credential};
use sha2::{Digest, Sha256};
use std::fmt;

/// The token the operator presents. Only its hash is kept, and it is never shown.
#[derive(Clone)]
pub(crate) struct ApiToken {
    hash: [u8; 32],
}

/// The text is no token: empty, more than visible ASCII, or what merchants' keys look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be one or more visible ASCII characters, and not begin with pgk_ as merchants' keys do"
)]
pub(crate) struct ApiTokenError;

impl ApiToken {
    /// Takes a token.
    ///
    /// # Errors
    /// [`ApiTokenError`] when no client could send it in a header.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiTokenError> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || KeySecret::is_meant_by(text.as_bytes()) {
            return Err(ApiTokenError);
        }
        Ok(Self { hash: Sha256::digest(text).into() })
    }

    /// Whether this is the token, in a time that does not depend on where it differs.
    fn is(&self, presented: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(presented).into();
        let pairs = self.hash.iter().zip(hash);
        pairs.fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs)) == 0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(***)")
    }
}

/// Knows the operator by the token, and otherwise nobody by name.
#[derive(Clone, Debug)]
pub(crate) enum Bootstrap {
    /// Whoever presents this is the operator, and nobody else may enter.
    Token(ApiToken),
    /// Whoever comes is in the sandbox, whatever is presented.
    Sandbox,
    /// Nobody is known here.
    Nobody,
}

#[async_trait]
impl Authenticator for Bootstrap {
    async fn authenticate(&self, shown: Credential<'_>) -> Result<Principal, AuthError> {
        match (self, shown) {
            (Self::Sandbox, _) => Ok(Principal::Sandbox),
            (Self::Token(_) | Self::Nobody, Credential::None) => Err(AuthError::Missing),
            (Self::Nobody, Credential::Bearer(_)) => Err(AuthError::Invalid),
            (Self::Token(token), Credential::Bearer(presented)) => match token.is(presented) {
                true => Ok(Principal::Operator),
                false => Err(AuthError::Invalid),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> ApiToken {
        ApiToken::parse("s3cret").unwrap()
    }

    #[tokio::test]
    async fn only_the_token_itself_makes_an_operator() {
        let bootstrap = Bootstrap::Token(token());
        let shown = async |shown| bootstrap.authenticate(shown).await;
        assert_eq!(shown(Credential::Bearer(b"s3cret")).await, Ok(Principal::Operator));
        assert_eq!(shown(Credential::None).await, Err(AuthError::Missing));
        for other in [&b""[..], b"s3cre", b"s3crets", b"s3cret ", b"S3cret"] {
            assert_eq!(shown(Credential::Bearer(other)).await, Err(AuthError::Invalid));
        }
    }

    #[tokio::test]
    async fn without_a_token_everybody_is_in_the_sandbox() {
        for shown in [Credential::None, Credential::Bearer(b"s3cret")] {
            assert_eq!(Bootstrap::Sandbox.authenticate(shown).await, Ok(Principal::Sandbox));
        }
    }

    #[tokio::test]
    async fn where_nobody_is_known_nothing_helps() {
        let shown = async |shown| Bootstrap::Nobody.authenticate(shown).await;
        assert_eq!(shown(Credential::None).await, Err(AuthError::Missing));
        assert_eq!(shown(Credential::Bearer(b"s3cret")).await, Err(AuthError::Invalid));
    }

    #[test]
    fn a_token_is_visible_ascii_and_never_shown() {
        for text in ["", "a b", "\u{fc}", "pgk_1"] {
            assert!(ApiToken::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", Bootstrap::Token(token())).contains("s3cret"));
    }
}
