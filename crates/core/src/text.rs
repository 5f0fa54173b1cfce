//! Text that clients choose: references, labels, idempotency keys, metadata. Each parses once, at the
//! edge.
//!
//! What must stay true: two lines that are canonically equivalent (Unicode NFC) are one; no line
//! shows other characters than it has, nor none at all.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Why a text is no [`Reference`] or [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// Nothing left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_LINE_CHARS`] characters.
    #[error("must have at most 255 characters")]
    TooLong,
    /// A control character inside, or a separator of lines or paragraphs.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A character that is not seen, or that turns the direction of the others; of a label, a joiner
    /// where there is nothing to join.
    #[error("must not contain invisible characters, nor such that change the direction of text")]
    InvisibleCharacter,
}

impl LineError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::ControlCharacter => "control-character",
            Self::InvisibleCharacter => "invisible-character",
        }
    }
}

/// The longest line of text, in Unicode characters.
pub const MAX_LINE_CHARS: usize = 255;

/// Declares a line of text: 1 to 255 characters after trimming and NFC, none of them a control
/// character or invisible. `joiners` says whether some may be joined.
macro_rules! line_of_text {
    ($(#[$doc:meta])* $name:ident, joiners: $joiners:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Trims a text, brings it into NFC and checks it.
            ///
            /// # Errors
            /// [`LineError`], the first rule broken.
            pub fn parse(text: &str) -> Result<Self, LineError> {
                checked_line(text, $joiners).map(Self)
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
    /// The merchant's own name for a payment: 1 to 255 characters after trimming and NFC, no control
    /// characters and no invisible ones. Unique per merchant.
    Reference, joiners: false
}
line_of_text! {
    /// A name or description for people: 1 to 255 characters after trimming and NFC, no control
    /// characters, and no invisible ones but the joiners that some scripts and emoji need.
    Label, joiners: true
}

fn checked_line(text: &str, joiners: bool) -> Result<String, LineError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(LineError::Empty);
    }
    if trimmed.chars().any(is_control) {
        return Err(LineError::ControlCharacter);
    }
    let line = if trimmed.is_ascii() { trimmed.to_owned() } else { trimmed.nfc().collect() };
    if line.chars().any(is_hidden) || !joins_well(&line, joiners) {
        return Err(LineError::InvisibleCharacter);
    }
    if line.chars().nth(MAX_LINE_CHARS).is_some() {
        return Err(LineError::TooLong);
    }
    Ok(line)
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// What is never seen, or changes how what is beside it is seen: characters that are ignorable by
/// default (Unicode, DerivedCoreProperties) but for joiners, and the other format characters.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        // Soft hyphen, grapheme joiner, letters that are blank.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}'
        | '\u{3164}' | '\u{ffa0}'
        // Marks, embeddings, overrides and isolates of direction.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        // Spaces of no width, invisible operators, annotations, tags, and what is reserved for more.
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}'
    )
}

/// Characters that change the form of their neighbours: the joiners of Arabic, of Indian scripts and
/// of emoji, and variation selectors.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether every joiner stands behind something that is seen; where there may be none, whether there
/// is none.
fn joins_well(line: &str, joiners: bool) -> bool {
    let before = std::iter::once(' ').chain(line.chars());
    before.zip(line.chars()).all(|(before, character)| {
        // A selector may stand before a joiner, as in some emoji.
        let selected = matches!(before, '\u{fe00}'..='\u{fe0f}') && character == '\u{200d}';
        let joins = selected || !(before.is_whitespace() || is_joiner(before));
        !is_joiner(character) || (joiners && joins)
    })
}

/// A client's `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// The text is empty, longer than 255 or holds more than visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Checks a key.
    ///
    /// # Errors
    /// [`IdempotencyKeyError`] when it breaks the rule above.
    pub fn parse(text: &str) -> Result<Self, IdempotencyKeyError> {
        let has_length = (1..=Self::MAX_CHARS).contains(&text.len());
        let fits = has_length && text.bytes().all(|byte| byte.is_ascii_graphic());
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
        let all = [LineError::Empty, LineError::TooLong, LineError::ControlCharacter];
        assert_eq!(all.map(LineError::code), ["empty", "too-long", "control-character"]);
        assert_eq!(LineError::InvisibleCharacter.code(), "invisible-character");
    }

    #[test]
    fn one_text_is_one_line_however_it_is_composed() {
        for (composed, decomposed) in
            [("caf\u{e9}", "cafe\u{301}"), ("\u{ac00}", "\u{1100}\u{1161}"), ("\u{c5}", "\u{212b}")]
        {
            assert_eq!(Reference::parse(composed), Reference::parse(decomposed));
            assert_eq!(Label::parse(decomposed).unwrap().as_str(), composed);
        }
        let longest = "e\u{301}".repeat(255);
        assert_eq!(Label::parse(&longest).unwrap().as_str().chars().count(), 255, "after NFC");
        // Look-alikes that are not the same characters stay apart.
        assert_ne!(Reference::parse("A"), Reference::parse("\u{391}"));
    }

    #[test]
    fn a_line_shows_what_it_has() {
        for hidden in [
            "\u{200b}",
            "\u{2060}",
            "\u{feff}x",
            "a\u{200b}b",
            "a\u{202e}b",
            "\u{2066}a\u{2069}",
            "a\u{200e}",
            "a\u{ad}b",
            "\u{3164}",
            "\u{2800}",
            "a\u{e0041}",
            "\u{200d}",
            "\u{fe0f}",
            " \u{200c} ",
            "a\u{200d}\u{200d}b",
            "a \u{200d}b",
        ] {
            assert_eq!(Reference::parse(hidden), Err(LineError::InvisibleCharacter), "{hidden:?}");
            assert_eq!(Label::parse(hidden), Err(LineError::InvisibleCharacter), "{hidden:?}");
        }
        for line in ["a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(Label::parse(line), Err(LineError::ControlCharacter), "{line:?}");
        }
        // Persian, a family, a heart in colour, a flag with a rainbow.
        for joined in [
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1f468}\u{200d}\u{1f469}",
            "\u{2764}\u{fe0f}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        ] {
            assert_eq!(Label::parse(joined).unwrap().as_str(), joined);
            assert_eq!(Reference::parse(joined), Err(LineError::InvisibleCharacter), "{joined:?}");
        }
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
