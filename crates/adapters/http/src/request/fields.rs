//! Reading the fields of a JSON object so that every broken rule is found, not only the first.
//!
//! serde's derived readers stop at the first error and lose the text of numbers. Here the object is
//! split into raw texts once; each field is then read from its text into core's value, and what is
//! wrong with it is noted. A field is known by being asked for. What must stay true: no text crashes
//! this, however deep or long, and the time it takes grows no faster than the text.

use crate::problem::{Code, Problem, Violation};
use crate::request::violations::{Broken, Noted, Read, Violations};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use validator::{ValidationError, ValidationErrors};

/// The parameter of a validation error that names the field to blame.
const BLAMED: &str = "field";

/// The fields of an object, and what is wrong so far.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    /// Those that were not asked for yet, in the order they came.
    rest: Vec<(String, &'a RawValue)>,
    /// The names that were asked for: in this order violations are told.
    asked: Vec<&'static str>,
    violations: Violations,
    of_headers: Violations,
}

/// Splits a JSON text that must be an object.
///
/// # Errors
/// [`Code::MalformedJson`] with the place if it is no JSON text (RFC 8259), and
/// [`Code::InvalidRequest`] if it is, but no object.
pub fn read(body: &[u8]) -> Result<Fields<'_>, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let (line, column) = place(body, error.valid_up_to());
        malformed(format!("not valid UTF-8 at line {line} column {column}"))
    })?;
    if text.trim_ascii().is_empty() {
        return Err(malformed("the body is empty: expected an object at line 1 column 1"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = json.deserialize_map(Object).and_then(|fields| json.end().map(|()| fields));
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

/// A broken rule of several fields, of which `name` is to blame: for [`Fields::together`].
pub fn blame(name: &'static str, (code, rule): Broken) -> ValidationError {
    let mut error = ValidationError::new(code).with_message(rule.into());
    error.add_param(Cow::Borrowed(BLAMED), &name);
    error
}

struct Object;

impl<'a> Visitor<'a> for Object {
    type Value = Fields<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Fields<'a>, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            fields.rest.push((name, map.next_value()?));
        }
        Ok(fields)
    }
}

impl<'a> Fields<'a> {
    /// A required field, read from its JSON text.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a str) -> Result<T, Broken>,
    ) -> Read<T> {
        match self.take(name) {
            Some(json) => read(json).map_err(|broken| self.note(name, broken)),
            None => Err(self.note(name, ("missing-field", "is required".to_owned()))),
        }
    }

    /// A field that may be left out, read from its JSON text; `null` is as good as none.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'a str) -> Result<T, Broken>,
    ) -> Read<Option<T>> {
        let json = self.take(name).filter(|json| *json != "null");
        json.map(read).transpose().map_err(|broken| self.note(name, broken))
    }

    /// What two fields are together; if it is nothing, that is `name`'s fault.
    pub fn both<A, B, T>(
        &mut self,
        name: &'static str,
        one: Read<A>,
        other: Read<B>,
        rule: impl FnOnce(A, B) -> Result<T, Broken>,
    ) -> Read<T> {
        rule(one?, other?).map_err(|broken| self.note(name, broken))
    }

    /// Takes up what was found wrong with fields together (see [`blame`]).
    pub fn together(&mut self, validated: Result<(), ValidationErrors>) {
        let errors = validated.err();
        let errors = errors.iter().flat_map(|it| it.field_errors().into_values().flatten());
        for error in errors.cloned() {
            let field = error.params.get(BLAMED).and_then(|name| name.as_str());
            self.violations.add(Violation {
                field: Cow::Owned(field.unwrap_or("body").to_owned()),
                code: error.code,
                message: error.message.unwrap_or_default().into_owned(),
            });
        }
    }

    /// Notes what is wrong with a header. It is told after the fields.
    pub fn note_header(&mut self, violation: Violation) -> Noted {
        self.of_headers.add(violation)
    }

    /// What was made of the request, if nothing was wrong with it and no field is left.
    ///
    /// # Errors
    /// A problem with every broken rule: of the fields in the order they were asked for, then of
    /// those that are not known, then of the headers.
    pub fn finish<T>(self, made: Read<T>) -> Result<T, Problem> {
        let Self { rest, asked, mut violations, of_headers } = self;
        violations.sort_by(&asked);
        for (name, _) in rest {
            violations.note_unknown(&name, "unknown-field", "is not a field of this request");
        }
        violations.append(of_headers);
        violations.finish(made)
    }

    /// The JSON text of a field, the first if it came more than once.
    fn take(&mut self, name: &'static str) -> Option<&'a str> {
        let mut values = Vec::new();
        self.rest.retain(|(of, value)| {
            let is_asked = of == name;
            if is_asked {
                values.push(value.get());
            }
            !is_asked
        });
        self.asked.push(name);
        for _ in values.iter().skip(1) {
            self.note(name, ("duplicate-field", "must appear only once".to_owned()));
        }
        values.first().copied()
    }

    fn note(&mut self, name: &'static str, broken: Broken) -> Noted {
        self.violations.note(name, broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::json::{boolean, decimal, object, text};

    type Taken = (Option<String>, Option<String>, Option<bool>);

    fn same(text: &str) -> Result<String, Broken> {
        Ok(text.to_owned())
    }

    fn told<T>(finished: Result<T, Problem>) -> Vec<String> {
        let problem = finished.err();
        let violations = problem.iter().flat_map(Problem::violations);
        violations.map(|it| format!("{} {}", it.field, it.code)).collect()
    }

    fn violations(json: &str) -> Vec<String> {
        let mut fields = read(json.as_bytes()).unwrap();
        let text = fields.required("text", text(same));
        let number = fields.required("number", decimal(same));
        let object = fields.optional("object", object(same));
        told(fields.finish((|| Ok((text?, number?, object?)))()))
    }

    #[test]
    fn every_violation_is_told() {
        assert_eq!(violations(r#"{"text":"a","number":1,"object":{}}"#), [""; 0]);
        assert_eq!(violations(r#"{"text":"a","number":"1","object":null}"#), [""; 0]);
        assert_eq!(violations("{}"), ["text missing-field", "number missing-field"]);
        assert_eq!(
            violations(r#"{"text":1,"more":2,"number":[],"text":"b","object":[],"number":null}"#),
            [
                "text duplicate-field",
                "text wrong-type",
                "number duplicate-field",
                "number wrong-type",
                "object wrong-type",
                "more unknown-field",
            ]
        );
        assert_eq!(violations(r#"{"text":"\ud800","number":1}"#), ["text not-unicode"]);
        let many = (0..9_000).map(|at| format!("\"{at}\":0,")).collect::<String>();
        assert_eq!(violations(&format!("{{{many}\"text\":\"\"}}")).len(), 50);
        let twice = r#""text":"","#.repeat(5_000);
        assert_eq!(violations(&format!("{{{twice}\"number\":1}}")).len(), 50);
    }

    #[test]
    fn what_is_optional_may_be_null_but_of_no_other_type() {
        let taken = |json: &str| -> Result<Taken, Vec<String>> {
            let mut fields = read(json.as_bytes()).unwrap();
            let text = fields.optional("text", text(same));
            let number = fields.optional("number", decimal(same));
            let flag = fields.optional("flag", boolean);
            let finished = fields.finish((|| Ok((text?, number?, flag?)))());
            finished.map_err(|problem| told(Err::<(), _>(problem)))
        };
        assert_eq!(taken("{}"), Ok((None, None, None)));
        assert_eq!(taken(r#"{"text":null,"number": null ,"flag":null}"#), Ok((None, None, None)));
        let all = (Some("a".to_owned()), Some("1.0".to_owned()), Some(false));
        assert_eq!(taken(r#"{"text":"a","number":1.0,"flag":false}"#), Ok(all));
        let broken = ["text wrong-type", "number wrong-type", "flag wrong-type"];
        for json in
            [r#"{"text":1,"number":true,"flag":"true"}"#, r#"{"text":[],"number":{},"flag":0}"#]
        {
            assert_eq!(taken(json), Err(broken.map(str::to_owned).to_vec()), "{json}");
        }
    }

    #[test]
    fn what_fields_are_together_is_told_where_the_blamed_one_stands() {
        let mut fields = read(br#"{"one":"1","other":2,"more":3}"#).unwrap();
        let one = fields.required("one", text(same));
        let other = fields.optional("other", text(same));
        let none: Read<()> = fields
            .both("one", one, Ok(()), |_, ()| Err(("not-both", "must fit the other".to_owned())));
        assert!(fields.both("one", other, Ok(()), |_, ()| Ok(())).is_err());
        fields.note_header(Violation::new("Header", "invalid", ""));
        let expected = ["one not-both", "other wrong-type", "more unknown-field", "Header invalid"];
        assert_eq!(told(fields.finish(none)), expected);
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!(r#"{{"object":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
        assert_eq!(violations(&deep).len(), 3, "read without recursion");
    }
}
