//! Whose accounts and payments are.

use crate::id::UserId;
use std::fmt;
use thiserror::Error;

/// What the text of a merchant as owner begins with.
pub(super) const MERCHANT: &str = "merchant";
/// What the text of a user as owner begins with.
pub(super) const USER: &str = "user";

/// A merchant's name: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MerchantId(String);

/// The text names no merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit")]
pub struct MerchantIdError;

impl MerchantId {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Reads a name.
    ///
    /// # Errors
    /// [`MerchantIdError`] when it breaks the rule above.
    pub fn parse(text: &str) -> Result<Self, MerchantIdError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = text.bytes().next().is_some_and(plain)
            && text.len() <= Self::MAX_CHARS
            && text.bytes().all(|byte| plain(byte) || b"._-".contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err(MerchantIdError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MerchantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose something is: within an owner references and aliases are unique. `merchant:<id>` or
/// `user:<id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A merchant's.
    Merchant(MerchantId),
    /// A person's.
    User(UserId),
}

impl Owner {
    /// The owner of that text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            (MERCHANT, id) => MerchantId::parse(id).ok().map(Self::Merchant),
            (USER, id) => id.parse().ok().map(Self::User),
            _ => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant(id) => write!(f, "{MERCHANT}:{id}"),
            Self::User(id) => write!(f, "{USER}:{id}"),
        }
    }
}
