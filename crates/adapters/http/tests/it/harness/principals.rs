//! Who asks in tests.

use async_trait::async_trait;
use paygate_core::identity::Principal;
use paygate_ports::{AuthError, Authenticator, Credential};
use std::collections::BTreeMap;

/// Takes everybody for one.
pub struct Anybody(pub Principal);

#[async_trait]
impl Authenticator for Anybody {
    async fn authenticate(&self, _: Credential<'_>) -> Result<Principal, AuthError> {
        Ok(self.0.clone())
    }
}

/// Knows everybody by a token.
pub struct Tokens(BTreeMap<&'static str, Principal>);

impl Tokens {
    pub fn of(known: impl IntoIterator<Item = (&'static str, Principal)>) -> Self {
        Self(known.into_iter().collect())
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, shown: Credential<'_>) -> Result<Principal, AuthError> {
        match shown {
            Credential::None => Err(AuthError::Missing),
            Credential::Bearer(token) => {
                let token = std::str::from_utf8(token).map_err(|_| AuthError::Invalid)?;
                self.0.get(token).cloned().ok_or(AuthError::Invalid)
            }
        }
    }
}
