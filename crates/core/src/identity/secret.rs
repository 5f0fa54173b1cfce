//! What a merchant's program shows to prove whose it is, and what is kept of it.

use sha2::{Digest, Sha256};
use std::fmt;

/// What every key begins with, so that one that went astray is recognised.
const PREFIX: &str = "pgk_";
/// How much of a key is kept to tell it from others: 32 of its 256 bits.
const HINT_LENGTH: usize = PREFIX.len() + 8;

/// A key as its holder has it: `pgk_` and 64 hexadecimal digits. Told once and never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// The key of 256 random bits.
    #[must_use]
    pub fn from_random(words: [u64; 4]) -> Self {
        let digits: String = words.iter().map(|word| format!("{word:016x}")).collect();
        Self(format!("{PREFIX}{digits}"))
    }

    /// Whether that means to be a key, and nothing else.
    #[must_use]
    pub fn is_meant_by(shown: &[u8]) -> bool {
        shown.starts_with(PREFIX.as_bytes())
    }

    /// What is kept of the key that is shown; `None` if it has not the form of one.
    #[must_use]
    pub fn hash_of(shown: &[u8]) -> Option<SecretHash> {
        let digits = shown.strip_prefix(PREFIX.as_bytes())?;
        let fits =
            digits.len() == 64 && digits.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| SecretHash::of(shown))
    }

    /// The text, for whom it is made for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(self.0.as_bytes())
    }

    /// The part of it that may be seen.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.chars().take(HINT_LENGTH).collect()
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(***)")
    }
}

/// SHA-256 of a secret that was drawn by lot. It has 256 bits to be guessed: a slow hash would add
/// nothing, and one that is looked for by its hash is compared with no other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// The hash of what somebody shows.
    #[must_use]
    pub fn of(shown: &[u8]) -> Self {
        Self(Sha256::digest(shown).into())
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(***)")
    }
}

/// What is kept of a secret that somebody chose: a slow hash with its salt and its costs, as text (PHC
/// string format).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret(pub String);

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_has_no_hash() {
        let key = KeySecret::from_random([7; 4]);
        let text = key.reveal();
        assert_eq!(KeySecret::hash_of(text.as_bytes()), Some(key.hash()));
        let digits = &text[4..];
        for other in [
            String::new(),
            "pgk_".to_owned(),
            digits.to_owned(),
            format!("PGK_{digits}"),
            format!("pgk_{}", &digits[1..]),
            format!("{text}0"),
            format!("pgk_{}g", &digits[1..]),
            format!("pgk_{}F", &digits[1..]),
        ] {
            assert_eq!(KeySecret::hash_of(other.as_bytes()), None, "{other}");
        }
        assert!(KeySecret::is_meant_by(b"pgk_") && !KeySecret::is_meant_by(b"eyJ"));
    }

    #[test]
    fn a_key_is_shown_by_nobody_but_who_reveals_it() {
        let key = KeySecret::from_random([1, 2, 0xabc, u64::MAX]);
        let text = ["pgk_", "0000000000000001", "0000000000000002", "0000000000000abc"].concat();
        let text = text + &"f".repeat(16);
        assert_eq!((key.reveal(), key.reveal().len()), (&*text, 68));
        assert_eq!(key.hint(), "pgk_00000000");
        assert_eq!(key.hash(), SecretHash::of(text.as_bytes()));
        let stored = StoredSecret("$argon2id$".to_owned());
        for shown in [format!("{key:?}"), format!("{:?}", key.hash()), format!("{stored:?}")] {
            assert!(shown.ends_with("(***)"), "{shown}");
        }
    }
}
