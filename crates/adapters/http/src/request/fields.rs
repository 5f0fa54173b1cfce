//! Reading the fields of a JSON object so that every broken rule is found, not only the first.
//!
//! serde's derived readers stop at the first error and lose the text of numbers. Here the object is
//! split into raw texts once; each field is then read by its type, and what is wrong with it is
//! collected. What must stay true: no text crashes this, however deep or long, and the time it
//! takes grows no faster than the text.

use crate::problem::{Code, Problem, Violation};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The most violations that are told; a client with more has another problem.
pub(crate) const MAX_VIOLATIONS: usize = 50;
/// The most characters of an unknown field's name that are repeated to the client.
pub(crate) const MAX_NAME_CHARS: usize = 100;

/// The fields of an object by the order of their known names, and what is wrong so far.
#[derive(Debug)]
pub struct Fields<'a> {
    names: &'static [&'static str],
    values: Vec<Option<&'a RawValue>>,
    violations: Vec<Violation>,
}

/// Splits a JSON text that must be an object with no other than these fields.
///
/// # Errors
/// [`Code::MalformedJson`] with the place if it is no JSON text (RFC 8259), and
/// [`Code::InvalidRequest`] if it is, but no object.
pub fn read<'a>(body: &'a [u8], names: &'static [&'static str]) -> Result<Fields<'a>, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let (line, column) = place(body, error.valid_up_to());
        malformed(format!("not valid UTF-8 at line {line} column {column}"))
    })?;
    if text.trim_ascii().is_empty() {
        return Err(malformed("the body is empty: expected an object at line 1 column 1"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let visitor = ObjectVisitor { names };
    let fields = json.deserialize_map(visitor).and_then(|fields| json.end().map(|()| fields));
    fields.map_err(|error| match error.classify() {
        Category::Data => {
            Problem::invalid(vec![Violation::new("body", "not-an-object", "must be a JSON object")])
        }
        Category::Syntax | Category::Eof | Category::Io => malformed(error.to_string()),
    })
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(Code::MalformedJson, detail)
}

/// Line and column of a byte, from 1.
fn place(text: &[u8], at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (line.saturating_add(1), column.saturating_add(1))
}

struct ObjectVisitor {
    names: &'static [&'static str],
}

impl<'a> Visitor<'a> for ObjectVisitor {
    type Value = Fields<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Fields<'a>, A::Error> {
        let mut fields = Fields {
            names: self.names,
            values: vec![None; self.names.len()],
            violations: Vec::new(),
        };
        while let Some(name) = map.next_key::<String>()? {
            match fields.slot(&name) {
                Some(slot @ None) => *slot = Some(map.next_value()?),
                Some(Some(_)) => {
                    map.next_value::<IgnoredAny>()?;
                    fields.violate(name, "duplicate-field", "must appear only once");
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    let name = name.chars().take(MAX_NAME_CHARS).collect::<String>();
                    fields.violate(name, "unknown-field", "is not a field of this request");
                }
            }
        }
        Ok(fields)
    }
}

impl<'a> Fields<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.values.get_mut(place)
    }

    /// Adds a violation, up to the limit.
    fn violate(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation::new(field, code, message));
        }
    }

    /// The value of a required field, as its JSON text.
    fn required(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.slot(name).and_then(|slot| slot.take());
        if value.is_none() {
            self.violate(name, "missing-field", "is required");
        }
        value.map(RawValue::get)
    }

    /// The value of a field that may be left out, as its JSON text; `null` is as good as none.
    fn optional(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.slot(name).and_then(|slot| slot.take());
        value.map(RawValue::get).filter(|json| *json != "null")
    }

    /// A required string.
    pub fn string(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let json = self.required(name)?;
        self.string_of(name, json)
    }

    /// An optional string.
    pub fn optional_string(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let json = self.optional(name)?;
        self.string_of(name, json)
    }

    fn string_of(&mut self, name: &'static str, json: &'a str) -> Option<Cow<'a, str>> {
        if !json.starts_with('"') {
            self.violate(name, "wrong-type", "must be a string");
            return None;
        }
        self.unquoted(name, json)
    }

    /// An optional `true` or `false`.
    pub fn optional_bool(&mut self, name: &'static str) -> Option<bool> {
        match self.optional(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.violate(name, "wrong-type", "must be true or false");
                None
            }
        }
    }

    /// A required decimal, written as a JSON number or string; its text as it was written.
    pub fn decimal(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let json = self.required(name)?;
        self.decimal_of(name, json)
    }

    /// An optional decimal, as [`Fields::decimal`].
    pub fn optional_decimal(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let json = self.optional(name)?;
        self.decimal_of(name, json)
    }

    fn decimal_of(&mut self, name: &'static str, json: &'a str) -> Option<Cow<'a, str>> {
        match json.as_bytes().first() {
            Some(b'"') => self.unquoted(name, json),
            Some(b'-' | b'0'..=b'9') => Some(Cow::Borrowed(json)),
            _ => {
                self.violate(name, "wrong-type", "must be a number or a string");
                None
            }
        }
    }

    /// An optional object (`null` is as good as none); its JSON text as it was written.
    pub fn optional_object(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let json = self.optional(name)?;
        match json.as_bytes().first() {
            Some(b'{') => Some(Cow::Borrowed(json)),
            _ => {
                self.violate(name, "wrong-type", "must be an object");
                None
            }
        }
    }

    /// What a JSON string says.
    fn unquoted(&mut self, name: &'static str, json: &'a str) -> Option<Cow<'a, str>> {
        if !json.contains('\\') {
            let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            return inner.map(Cow::Borrowed);
        }
        let text = serde_json::from_str(json).map(Cow::Owned);
        if text.is_err() {
            // The one thing the grammar allows that is no text: half of a surrogate pair.
            self.violate(name, "not-unicode", "must not contain an unpaired surrogate");
        }
        text.ok()
    }

    /// Done, if nothing was wrong.
    ///
    /// # Errors
    /// A problem with every broken rule, in the order found.
    pub fn finish(self) -> Result<(), Problem> {
        if self.violations.is_empty() { Ok(()) } else { Err(Problem::invalid(self.violations)) }
    }

    /// As [`Fields::finish`]; `others` are violations found elsewhere in the request.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn finish_with(mut self, others: Vec<Violation>) -> Result<(), Problem> {
        self.violations.extend(others);
        self.finish()
    }

    /// What was wrong, in the order found.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.violations
    }
}

/// The most objects and lists that metadata may have within one another.
pub(crate) const MAX_DEPTH: usize = 127;

/// Checks the inside of a JSON object that was split off as raw text, where the splitting did not
/// look: unpaired surrogates, and depth, for readers that recurse. Numbers are text like any other.
///
/// # Errors
/// The code and the words of the rule that is broken.
pub fn check_object(json: &str) -> Result<(), (&'static str, &'static str)> {
    let mut depth = 0_usize;
    let mut rest = json;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (_, from) = rest.split_at(at);
        let length = match from.as_bytes().first() {
            Some(b'"') => {
                let (text, length) = quoted(from);
                let is_text = !text.contains("\\u") || serde_json::from_str::<String>(text).is_ok();
                if !is_text {
                    return Err(("malformed-object", "must not contain an unpaired surrogate"));
                }
                length
            }
            Some(b'{' | b'[') => {
                depth = depth.saturating_add(1);
                if depth > MAX_DEPTH {
                    return Err(("too-deep", "must be at most 127 objects and lists deep"));
                }
                1
            }
            _ => {
                depth = depth.saturating_sub(1);
                1
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// The string that a text of JSON begins with, and its length.
fn quoted(text: &str) -> (&str, usize) {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    // Two for the quotes.
    let length = end.map_or(text.len(), |end| end.saturating_add(2));
    (text.get(..length).unwrap_or(text), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(json: &str) -> Vec<String> {
        let mut fields = read(json.as_bytes(), &["text", "number", "object"]).unwrap();
        fields.string("text");
        fields.decimal("number");
        fields.optional_object("object");
        let told = fields.into_violations();
        told.into_iter().map(|it| format!("{} {}", it.field, it.code)).collect()
    }

    #[test]
    fn every_violation_is_told() {
        assert_eq!(violations(r#"{"text":"a","number":1,"object":{}}"#), [""; 0]);
        assert_eq!(violations(r#"{"text":"a","number":"1","object":null}"#), [""; 0]);
        assert_eq!(violations("{}"), ["text missing-field", "number missing-field"]);
        assert_eq!(
            violations(r#"{"text":1,"more":2,"number":[],"text":"b","object":[],"number":null}"#),
            [
                "more unknown-field",
                "text duplicate-field",
                "number duplicate-field",
                "text wrong-type",
                "number wrong-type",
                "object wrong-type",
            ]
        );
        assert_eq!(violations(r#"{"text":"\ud800","number":1}"#), ["text not-unicode"]);
        let many = (0..9_000).map(|at| format!("\"{at}\":0,")).collect::<String>();
        assert_eq!(violations(&format!("{{{many}\"text\":\"\"}}")).len(), MAX_VIOLATIONS);
    }

    #[test]
    fn what_is_optional_may_be_null_but_of_no_other_type() {
        let names = &["text", "number", "flag"];
        let told = |json: &str| {
            let mut fields = read(json.as_bytes(), names).unwrap();
            let read = (
                fields.optional_string("text").map(Cow::into_owned),
                fields.optional_decimal("number").map(Cow::into_owned),
                fields.optional_bool("flag"),
            );
            let violations = fields.into_violations();
            (read, violations.iter().map(|it| format!("{} {}", it.field, it.code)).collect())
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(told("{}"), ((None, None, None), none.clone()));
        assert_eq!(
            told(r#"{"text":null,"number": null ,"flag":null}"#),
            ((None, None, None), none.clone())
        );
        let all = (Some("a".to_owned()), Some("1.0".to_owned()), Some(false));
        assert_eq!(told(r#"{"text":"a","number":1.0,"flag":false}"#), (all, none));
        let broken = ["text wrong-type", "number wrong-type", "flag wrong-type"];
        assert_eq!(
            told(r#"{"text":1,"number":true,"flag":"true"}"#),
            ((None, None, None), broken.map(str::to_owned).to_vec())
        );
        assert_eq!(told(r#"{"text":[],"number":{},"flag":0}"#).1.len(), 3);
    }

    #[test]
    fn texts_are_what_was_written() {
        let json = br#" {"text" : "a\n\u00fc\ud83d\ude00", "number": 1.50 , "object":{"b": 1e3}} "#;
        let mut fields = read(json, &["text", "number", "object"]).unwrap();
        assert_eq!(fields.string("text").unwrap(), "a\nü😀");
        assert_eq!(fields.decimal("number").unwrap(), "1.50");
        assert_eq!(fields.optional_object("object").unwrap(), r#"{"b": 1e3}"#);
    }

    #[test]
    fn depth_is_bounded_only_where_it_would_cost_a_stack() {
        let deep = format!(r#"{{"object":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
        assert_eq!(violations(&deep).len(), 3, "read without recursion");
        let deep = |depth| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check_object(&deep(MAX_DEPTH - 1)), Ok(()));
        assert_eq!(check_object(&deep(MAX_DEPTH)).unwrap_err().0, "too-deep");
        assert_eq!(check_object(&format!("[{}]", "[],".repeat(200))), Ok(()), "wide is not deep");
    }

    #[test]
    fn what_is_attached_is_text_like_any_other() {
        for object in [
            r#"{"a":{"$serde_json::private::RawValue":"{"}}"#,
            r#"{"$serde_json::private::RawValue":1}"#,
            r#"{"a":{"$serde_json::private::Number":[1]}}"#,
            r#"{"a":1e400,"b":-1E-999,"c":123456789012345678901234567890}"#,
            r#"{"a":"\\ud800","b":"\"{[","c":"\ud83d\ude00"}"#,
        ] {
            assert_eq!(check_object(object), Ok(()), "{object}");
        }
        for object in [r#"{"a":"\ud800"}"#, r#"{"\udc00":1}"#, r#"{"a":["\\",{"b":"\ud800x"}]}"#] {
            assert_eq!(check_object(object).unwrap_err().0, "malformed-object", "{object}");
        }
    }
}
