//! Text that clients choose: references, labels, idempotency keys, metadata. Each parses once, at the edge.

use thiserror::Error;

/// Why a text is no [`Reference`] or [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// Nothing left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_LINE_CHARS`] characters.
    #[error("must have at most 255 characters")]
    TooLong,
    /// A control character inside.
    #[error("must not contain control characters")]
    ControlCharacter,
}

impl LineError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::ControlCharacter => "control-character",
        }
    }
}

/// The longest line of text, in Unicode characters.
pub const MAX_LINE_CHARS: usize = 255;

/// Declares a line of text: 1 to 255 characters after trimming, no control characters.
macro_rules! line_of_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks a text.
            ///
            /// # Errors
            /// [`LineError`], the first rule broken.
            pub fn parse(text: &str) -> Result<Self, LineError> {
                checked_line(text).map(|line| Self(line.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

line_of_text! {
    /// The merchant's own name for a payment: 1 to 255 characters after trimming, no control
    /// characters. Unique per merchant.
    Reference
}
line_of_text! {
    /// A name or description for people: 1 to 255 characters after trimming, no control characters.
    Label
}

fn checked_line(text: &str) -> Result<&str, LineError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(LineError::Empty);
    }
    if trimmed.chars().any(char::is_control) {
        return Err(LineError::ControlCharacter);
    }
    if trimmed.chars().nth(MAX_LINE_CHARS).is_some() {
        return Err(LineError::TooLong);
    }
    Ok(trimmed)
}

/// A client's `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// The text is empty, longer than 255 or holds more than visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`] when it breaks the rule above.
    pub fn parse(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(IdempotencyKeyError) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JSON object the client attached, kept as its text: at most 4 KiB, no NUL. That it is an
/// object is the edge's to check; core has no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata(String);

/// Why a text is no metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataError {
    /// More than [`Metadata::MAX_BYTES`].
    #[error("must have at most 4096 bytes")]
    TooLong,
    /// A NUL, raw or as the escape `\u0000`: PostgreSQL's text and jsonb keep neither.
    #[error("must not contain NUL")]
    Nul,
}

impl MetadataError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Nul => "nul-character",
        }
    }
}

impl Metadata {
    /// The longest metadata text, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Checks a JSON object's text.
    ///
    /// # Errors
    /// [`MetadataError`], the first rule broken.
    pub fn parse(json: &str) -> Result<Self, MetadataError> {
        if json.len() > Self::MAX_BYTES {
            return Err(MetadataError::TooLong);
        }
        if json.contains('\0') || has_escaped_nul(json) {
            return Err(MetadataError::Nul);
        }
        Ok(Self(json.to_owned()))
    }

    /// The JSON text as the client wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `\u0000` stands in the text as an escape, that is behind an even run of backslashes.
fn has_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.get(..at).unwrap_or_default();
        let slashes = before.bytes().rev().take_while(|byte| *byte == b'\\').count();
        slashes.is_multiple_of(2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_trimmed_and_bounded() {
        assert_eq!(Reference::parse("  REF-001 ").unwrap().as_str(), "REF-001");
        assert_eq!(Reference::parse(&"ü".repeat(255)).unwrap().as_str().chars().count(), 255);
        for (text, error) in [
            ("", LineError::Empty),
            (" \t\u{a0} ", LineError::Empty),
            ("a\u{0}b", LineError::ControlCharacter),
            ("a\nb", LineError::ControlCharacter),
            ("a\u{85}b", LineError::ControlCharacter),
        ] {
            assert_eq!(Reference::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(Reference::parse(&"x".repeat(256)), Err(LineError::TooLong));
    }

    #[test]
    fn labels_follow_the_same_rules_and_keep_what_is_inside() {
        assert_eq!(Label::parse("\t Ada  Lovelace \n").unwrap().as_str(), "Ada  Lovelace");
        assert!(Label::parse(&"ü".repeat(255)).is_ok());
        for (text, error) in [
            ("", LineError::Empty),
            ("\r\n", LineError::Empty),
            ("a\tb", LineError::ControlCharacter),
            ("a\u{7f}b", LineError::ControlCharacter),
            (&"ü".repeat(256), LineError::TooLong),
        ] {
            assert_eq!(Label::parse(text), Err(error), "{text:?}");
        }
        let codes = [LineError::Empty, LineError::TooLong, LineError::ControlCharacter];
        assert_eq!(codes.map(LineError::code), ["empty", "too-long", "control-character"]);
    }

    #[test]
    fn idempotency_keys_are_visible_ascii() {
        assert!(IdempotencyKey::parse("a-1~!").is_ok());
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["", "a b", "ü", "a\n", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn metadata_holds_no_nul() {
        assert!(Metadata::parse(r#"{"a":"\\u0000"}"#).is_ok(), "an escaped backslash, then u0000");
        assert_eq!(Metadata::parse(r#"{"a":"\u0000"}"#), Err(MetadataError::Nul));
        assert_eq!(Metadata::parse(r#"{"a":"\\\u0000"}"#), Err(MetadataError::Nul));
        assert_eq!(Metadata::parse("\0"), Err(MetadataError::Nul));
        assert_eq!(Metadata::parse(&" ".repeat(4097)), Err(MetadataError::TooLong));
    }
}
