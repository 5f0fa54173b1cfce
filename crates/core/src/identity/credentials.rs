//! What people choose to prove who they are: names to log in by, passwords, PINs. Each parses once, at
//! the edge; no secret among them is ever shown.

use std::fmt;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The 10,000 commonest passwords that are long enough to be one here, the commonest first: of the
/// 30,000 in zxcvbn 4.4.2 (Dan Wheeler and Dropbox, MIT licence).
const COMMON: &str = include_str!("common_passwords.txt");

/// A name to log in by: 3 to 32 of `a-z 0-9 . _ -`, beginning with a letter. Capitals are taken for
/// small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

/// The text is no [`Username`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 3 to 32 of a-z 0-9 . _ - and begin with a letter")]
pub struct UsernameError;

impl Username {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 32;

    /// Reads a name.
    ///
    /// # Errors
    /// [`UsernameError`] when it breaks the rule above.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let small = text.to_ascii_lowercase();
        let fits = (3..=Self::MAX_CHARS).contains(&small.len())
            && small.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
            && small.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
            });
        if fits { Ok(Self(small)) } else { Err(UsernameError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password: 8 to 128 characters of any kind, and none of the commonest. Composed (Unicode NFC), so
/// that it is the same from every keyboard.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text is no [`Password`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Fewer characters than a password has.
    #[error("must have at least 8 characters")]
    TooShort,
    /// More.
    #[error("must have at most 128 characters")]
    TooLong,
    /// Whoever guesses tries it first.
    #[error("is one of the commonest passwords")]
    TooCommon,
}

impl PasswordError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::TooCommon => "too-common",
        }
    }
}

impl Password {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 8;
    /// The most characters.
    pub const MAX_CHARS: usize = 128;

    /// Takes a password that somebody chooses.
    ///
    /// # Errors
    /// [`PasswordError`], the first rule broken.
    pub fn chosen(text: &str) -> Result<Self, PasswordError> {
        // Nothing is composed of more than this: a longer text is not worth composing.
        if text.len() > Self::MAX_CHARS.saturating_mul(64) {
            return Err(PasswordError::TooLong);
        }
        let composed: String = text.nfc().collect();
        match composed.chars().count() {
            0..Self::MIN_CHARS => return Err(PasswordError::TooShort),
            Self::MIN_CHARS..=Self::MAX_CHARS => {}
            _ => return Err(PasswordError::TooLong),
        }
        let small = composed.to_lowercase();
        if COMMON.lines().any(|common| common == small) {
            return Err(PasswordError::TooCommon);
        }
        Ok(Self(composed))
    }

    /// Takes one that somebody shows, whether anybody would choose it or not. `None` if nobody could.
    #[must_use]
    pub fn shown(text: &str) -> Option<Self> {
        match Self::chosen(text) {
            Ok(password) => Some(password),
            Err(PasswordError::TooCommon) => Some(Self(text.nfc().collect())),
            Err(PasswordError::TooShort | PasswordError::TooLong) => None,
        }
    }

    /// The password, to be hashed.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A PIN: six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why a text is no [`Pin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PinError {
    /// Something else, or more, or fewer.
    #[error("must be six digits")]
    NotSixDigits,
    /// One digit six times, or each digit one more or one less than the one before.
    #[error("must not be one digit repeated, nor a run up or down")]
    TooSimple,
}

impl PinError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSixDigits => "not-six-digits",
            Self::TooSimple => "too-simple",
        }
    }
}

impl Pin {
    /// Takes a PIN that somebody chooses.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn chosen(text: &str) -> Result<Self, PinError> {
        let pin = Self::shown(text).ok_or(PinError::NotSixDigits)?;
        let bytes = pin.0.as_bytes();
        let steps = bytes.iter().zip(bytes.iter().skip(1));
        // 9 is followed by 0 in a run up, as on a keypad.
        let steps = steps.map(|(one, next)| (next.wrapping_sub(*one).wrapping_add(10)) % 10);
        let first = steps.clone().next();
        let is_run = first.is_some_and(|first| matches!(first, 0 | 1 | 9));
        if is_run && steps.clone().all(|step| Some(step) == first) {
            return Err(PinError::TooSimple);
        }
        Ok(pin)
    }

    /// Takes one that somebody shows. `None` if nobody could have it.
    #[must_use]
    pub fn shown(text: &str) -> Option<Self> {
        let fits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The PIN, to be hashed.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_checked() {
        for (text, name) in
            [("Ada", "ada"), ("a.b_c-9", "a.b_c-9"), (&"a".repeat(32), &"a".repeat(32))]
        {
            assert_eq!(Username::parse(text).unwrap().as_str(), name);
        }
        for text in ["", "ab", "9ab", "a b", "\u{e4}da", "_ab", &"a".repeat(33), "ada\n"] {
            assert_eq!(Username::parse(text), Err(UsernameError), "{text:?}");
        }
    }

    #[test]
    fn a_password_is_long_enough_and_not_common() {
        for text in [
            "correct horse",
            "\u{1f980}".repeat(8).as_str(),
            " \t\0\u{202e} \u{feff}xy",
            &"x".repeat(128),
        ] {
            let password = Password::chosen(text).unwrap();
            assert_eq!(Password::shown(text), Some(password));
        }
        for (text, error) in [
            ("", PasswordError::TooShort),
            ("seven77", PasswordError::TooShort),
            ("\u{1f980}\u{1f980}", PasswordError::TooShort),
            (&"x".repeat(129), PasswordError::TooLong),
            (&"e\u{301}".repeat(5000), PasswordError::TooLong),
        ] {
            assert_eq!(Password::chosen(text), Err(error), "{text:?}");
            assert_eq!(Password::shown(text), None);
        }
        for common in ["password", "PassWord", "12345678", "baseball", "trustno1"] {
            assert_eq!(Password::chosen(common), Err(PasswordError::TooCommon), "{common}");
            assert!(Password::shown(common).is_some(), "it may be one from before");
        }
        assert_eq!(COMMON.lines().count(), 10_000);
        assert!(COMMON.lines().all(|it| it.len() >= 8 && it == it.to_lowercase()));
    }

    #[test]
    fn one_password_is_one_however_it_is_typed() {
        let (composed, decomposed) = ("caf\u{e9} caf\u{e9}", "cafe\u{301} cafe\u{301}");
        assert_eq!(Password::chosen(composed), Password::chosen(decomposed));
        assert_eq!(Password::shown(composed).unwrap().reveal(), composed.as_bytes());
    }

    #[test]
    fn a_pin_is_six_digits_that_are_not_too_simple() {
        for text in ["135790", "112233", "121212", "123457", "000001", "987653"] {
            assert_eq!(Pin::chosen(text).unwrap().reveal(), text.as_bytes());
        }
        for text in ["", "12345", "1234567", "12345a", "12 456", "\u{661}\u{662}\u{663}", "-12345"]
        {
            assert_eq!(Pin::chosen(text), Err(PinError::NotSixDigits), "{text}");
            assert_eq!(Pin::shown(text), None);
        }
        for text in ["000000", "999999", "123456", "654321", "012345", "567890", "098765", "901234"]
        {
            assert_eq!(Pin::chosen(text), Err(PinError::TooSimple), "{text}");
            assert!(Pin::shown(text).is_some());
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let password = Password::chosen("correct horse").unwrap();
        let pin = Pin::chosen("135790").unwrap();
        assert_eq!(format!("{password:?} {pin:?}"), "Password(***) Pin(***)");
        assert_eq!(
            [PasswordError::TooShort, PasswordError::TooLong, PasswordError::TooCommon]
                .map(PasswordError::code),
            ["too-short", "too-long", "too-common"]
        );
        assert_eq!(
            [PinError::NotSixDigits, PinError::TooSimple].map(PinError::code),
            ["not-six-digits", "too-simple"]
        );
    }
}
