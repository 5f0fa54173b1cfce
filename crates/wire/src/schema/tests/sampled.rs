//! Compares a schema and a rule on many texts: such as the schema accepts, such as are almost like
//! that, and such as are known to be awkward.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use regex::Regex;
use serde_json::Value;
use std::ops::RangeInclusive;
use utoipa::PartialSchema;

/// Why a schema may accept what the rule refuses, or the other way about.
pub struct Excuse {
    pub why: &'static str,
    pub holds: fn(&str) -> bool,
    /// A text of which it holds, and on which they differ.
    pub example: String,
}

/// The schema of a text, as a validator reads it.
pub struct Schema {
    pattern: Regex,
    length: RangeInclusive<usize>,
}

impl Schema {
    fn of(described: &Value) -> Self {
        let length = |name: &str| described[name].as_u64().map(|it| usize::try_from(it).unwrap());
        let pattern = Regex::new(described["pattern"].as_str().unwrap()).unwrap();
        let length = length("minLength").unwrap_or(0)..=length("maxLength").unwrap_or(usize::MAX);
        Self { pattern, length }
    }

    /// Of the text in a schema that is a text or a number.
    pub fn of_text_in<S: PartialSchema>() -> Self {
        Self::of(&described::<S>()["oneOf"][0])
    }

    fn accepts(&self, text: &str) -> bool {
        self.length.contains(&text.chars().count()) && self.pattern.is_match(text)
    }
}

/// The schema of a number.
pub struct Numbers(Value);

impl Numbers {
    /// Of the number in a schema that is a text or a number.
    pub fn of_number_in<S: PartialSchema>() -> Self {
        Self(described::<S>()["oneOf"][1].clone())
    }

    pub fn accepts(&self, number: f64) -> bool {
        let bound = |name: &str| self.0[name].as_f64();
        bound("minimum").is_none_or(|least| number >= least)
            && bound("exclusiveMinimum").is_none_or(|least| number > least)
            && number <= bound("maximum").unwrap()
    }
}

fn described<S: PartialSchema>() -> Value {
    serde_json::to_value(S::schema()).unwrap()
}

/// Checks that a schema and a rule accept the same, excuses apart, and that each excuse is needed.
pub fn agree<S: PartialSchema>(
    known: &[impl AsRef<str>],
    rule: fn(&str) -> bool,
    excuses: &[Excuse],
) {
    agreed(&Schema::of(&described::<S>()), known, rule, excuses);
}

/// As [`agree`].
pub fn agreed(
    schema: &Schema,
    known: &[impl AsRef<str>],
    rule: fn(&str) -> bool,
    excuses: &[Excuse],
) {
    let differ = |text: &str| schema.accepts(text) != rule(text);
    let is_excused = |text: &str| excuses.iter().any(|excuse| (excuse.holds)(text));
    for Excuse { why, holds, example } in excuses {
        assert!(holds(example) && differ(example), "{example:?} does not show that {why}");
    }
    for text in known.iter().map(AsRef::as_ref) {
        assert!(!differ(text) || is_excused(text), "{text:?}: {}", rule(text));
    }
    let mut runner = TestRunner::new(ProptestConfig::with_cases(3_000));
    let sampled = runner.run(&texts(schema.pattern.as_str()), |text| {
        prop_assert!(!differ(&text) || is_excused(&text), "{:?}: {}", text, rule(&text));
        Ok(())
    });
    sampled.unwrap();
}

/// Texts that the pattern accepts, and such with something changed.
fn texts(pattern: &str) -> impl Strategy<Value = String> + use<> {
    let accepted = string_regex(pattern.trim_start_matches('^').trim_end_matches('$')).unwrap();
    let changed = (accepted, any::<prop::sample::Index>(), awkward(), 0..5_u8);
    changed.prop_map(|(text, at, awkward, how)| {
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len() + 1);
        match how {
            0 => characters.insert(at, awkward),
            1 => characters.truncate(at),
            2 => characters.extend(std::iter::repeat_n(awkward, 250)),
            3 if at < characters.len() => characters[at] = awkward,
            _ => {}
        }
        characters.into_iter().collect()
    })
}

/// Spaces, controls, digits of others, what is not seen, and what numbers are written with.
fn awkward() -> impl Strategy<Value = char> {
    select(
        "\0\t\n\u{b}\u{1c}\u{1f} \u{7f}\u{85}\u{a0}\u{ad}\u{301}\u{663}\u{2003}\u{200b}\u{200d}\u{2028}\
        \u{3000}\u{feff}\u{ff10}\u{e0041}!~.-_+eEaZ019\u{e9}\u{1f468}"
            .chars()
            .collect::<Vec<_>>(),
    )
}
