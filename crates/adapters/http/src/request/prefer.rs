//! The `Prefer: wait=N` header (RFC 7240): how long a client is willing to wait for an outcome.
//!
//! A preference is never an error: what can't be understood is ignored, as section 2 asks.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// The longest anybody waits, in seconds.
pub const MAX_SECONDS: u64 = 10;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The header that says what was applied (section 3).
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long the client waits, capped at [`MAX_SECONDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(u64);

impl Wait {
    /// The first `wait` of all `Prefer` headers: the others are one list with it, and of a repeated
    /// preference only the first counts (section 2), even if it makes no sense.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get_all(PREFER).filter_map(|value| value.to_str().ok()).find_map(first_wait)?
    }

    /// The time to wait; `None` if that is no time at all.
    #[must_use]
    pub fn limit(self) -> Option<Duration> {
        (self.0 > 0).then(|| Duration::from_secs(self.0))
    }

    /// The value of `Preference-Applied`.
    #[must_use]
    pub fn applied(self) -> HeaderValue {
        HeaderValue::from_str(&format!("wait={}", self.0))
            .unwrap_or(HeaderValue::from_static("wait"))
    }
}

/// The first `wait` of one header: `Some(None)` if it is there and can't be understood.
fn first_wait(list: &str) -> Option<Option<Wait>> {
    let mut rest = list;
    while !rest.is_empty() {
        let (preference, after) = split_unquoted(rest, ',');
        rest = after;
        // What follows a `;` are the preference's parameters; `wait` has none.
        let (preference, _) = split_unquoted(preference, ';');
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        if name.trim().eq_ignore_ascii_case("wait") {
            return Some(seconds(value.trim()));
        }
    }
    None
}

/// Splits at the first separator that stands outside a quoted string (RFC 9110 section 5.6.4).
fn split_unquoted(text: &str, separator: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                let (before, after) = text.split_at(at);
                return (before, after.strip_prefix(separator).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}

/// Reads delta-seconds (RFC 9111 section 1.2.2), quoted or not.
fn seconds(value: &str) -> Option<Wait> {
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let digits = unquoted.unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Too many digits for an integer are more than the cap, too.
    Some(Wait(digits.parse().unwrap_or(MAX_SECONDS).min(MAX_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(PREFER, HeaderValue::from_static(value));
        }
        Wait::of(&headers).map(|wait| wait.0)
    }

    #[test]
    fn wait_is_found_among_other_preferences() {
        for (values, expected) in [
            (&["wait=5"][..], Some(5)),
            (&["WAIT=5"], Some(5)),
            (&[" wait = 5 "], Some(5)),
            (&["wait=\"5\""], Some(5)),
            (&["wait=5; foo=bar"], Some(5)),
            (&["respond-async, wait=5"], Some(5)),
            (&["respond-async;wait=3, wait=5"], Some(5)),
            (&["respond-async", "return=minimal, wait=7"], Some(7)),
            (&["foo=\"a, wait=1\", wait=2"], Some(2)),
            (&["foo=\"a\\\", wait=1\", wait=2"], Some(2)),
            (&["wait=10"], Some(10)),
            (&["wait=11"], Some(10)),
            (&["wait=99999999999999999999999"], Some(10)),
            (&["wait=0"], Some(0)),
            (&["wait=1, wait=2"], Some(1)),
            (&["wait=1", "wait=2"], Some(1)),
        ] {
            assert_eq!(wait(values), expected, "{values:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        for values in [
            &[][..],
            &[""],
            &["wait"],
            &["wait="],
            &["wait=soon"],
            &["wait=-1"],
            &["wait=1.5"],
            &["wait=+1"],
            &["waiting=5"],
            &["wait=soon, wait=5"],
            &["\"wait=5"],
            &[",,;=,"],
        ] {
            assert_eq!(wait(values), None, "{values:?}");
        }
    }
}
