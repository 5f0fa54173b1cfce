//! The types of JSON values. Each reader here takes the text of a value, unwraps its type, and hands
//! what is in it to a rule, as text: no number passes through a float.

use crate::request::violations::Broken;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The most objects and lists that an object may have within one another.
const MAX_DEPTH: usize = 127;

/// A string that keeps a rule.
pub fn text<T>(
    rule: impl FnOnce(&str) -> Result<T, Broken>,
) -> impl FnOnce(&str) -> Result<T, Broken> {
    move |json| match json.starts_with('"') {
        true => rule(&unquoted(json)?),
        false => wrong_type("must be a string"),
    }
}

/// A decimal that keeps a rule, written as a number or as a string.
pub fn decimal<T>(
    rule: impl FnOnce(&str) -> Result<T, Broken>,
) -> impl FnOnce(&str) -> Result<T, Broken> {
    move |json| match json.as_bytes().first() {
        Some(b'"') => rule(&unquoted(json)?),
        Some(b'-' | b'0'..=b'9') => rule(json),
        _ => wrong_type("must be a number or a string"),
    }
}

/// An object whose text keeps a rule.
pub fn object<T>(
    rule: impl FnOnce(&str) -> Result<T, Broken>,
) -> impl FnOnce(&str) -> Result<T, Broken> {
    move |json| match json.starts_with('{') {
        true => {
            let read = rule(json)?;
            check_object(json).map(|()| read)
        }
        false => wrong_type("must be an object"),
    }
}

/// A list of at most so many strings, of which each keeps a rule.
pub fn texts<T>(
    most: usize,
    rule: impl Fn(&str) -> Result<T, Broken>,
) -> impl FnOnce(&str) -> Result<Vec<T>, Broken> {
    move |json| {
        let items = Some(json).filter(|json| json.starts_with('['));
        let items = items.and_then(|json| serde_json::from_str::<Vec<&RawValue>>(json).ok());
        let Some(items) = items else { return wrong_type("must be a list of strings") };
        if items.len() > most {
            return Err(("too-many", format!("must have at most {most} items")));
        }
        items.into_iter().map(|item| text(&rule)(item.get())).collect()
    }
}

/// `true` or `false`.
pub fn boolean(json: &str) -> Result<bool, Broken> {
    match json {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => wrong_type("must be true or false"),
    }
}

fn wrong_type<T>(rule: &str) -> Result<T, Broken> {
    Err(("wrong-type", rule.to_owned()))
}

/// What a JSON string says.
fn unquoted(json: &str) -> Result<Cow<'_, str>, Broken> {
    let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain.filter(|plain| !plain.contains('\\')) {
        Some(plain) => Ok(Cow::Borrowed(plain)),
        // The one thing the grammar allows that is no text: half of a surrogate pair.
        None => serde_json::from_str(json)
            .map_err(|_| ("not-unicode", "must not contain an unpaired surrogate".to_owned())),
    }
}

/// Checks the inside of a JSON object that was split off as raw text, where the splitting did not
/// look: unpaired surrogates, and depth, for readers that recurse. Numbers are text like any other.
fn check_object(json: &str) -> Result<(), Broken> {
    let mut depth = 0_usize;
    let mut rest = json;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (_, from) = rest.split_at(at);
        let length = match from.as_bytes().first() {
            Some(b'"') => {
                let (text, length) = quoted(from);
                let is_text = !text.contains("\\u") || serde_json::from_str::<String>(text).is_ok();
                if !is_text {
                    let rule = "must not contain an unpaired surrogate";
                    return Err(("malformed-object", rule.to_owned()));
                }
                length
            }
            Some(b'{' | b'[') => {
                depth = depth.saturating_add(1);
                if depth > MAX_DEPTH {
                    let rule = format!("must be at most {MAX_DEPTH} objects and lists deep");
                    return Err(("too-deep", rule));
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

    fn same(text: &str) -> Result<String, Broken> {
        Ok(text.to_owned())
    }

    #[test]
    fn texts_are_what_was_written() {
        assert_eq!(text(same)(r#""a\n\u00fc\ud83d\ude00""#).unwrap(), "a\nü😀");
        assert_eq!(decimal(same)("1.50").unwrap(), "1.50");
        assert_eq!(decimal(same)(r#""1.\u0035""#).unwrap(), "1.5");
        assert_eq!(object(same)(r#"{"b": 1e3}"#).unwrap(), r#"{"b": 1e3}"#);
        assert_eq!(text(same)(r#""\ud800""#).unwrap_err().0, "not-unicode");
    }

    #[test]
    fn depth_is_bounded() {
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
