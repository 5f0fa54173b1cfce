//! What ties a request to its log lines and messages: the request id and the trace context.
//!
//! What must stay true: whatever a client sends, what goes on from here is visible ASCII of bounded
//! length, fit for a header and a log line.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use paygate_ports::IdSource;

/// The header of the request id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header of the W3C trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest request id taken from a client.
pub const MAX_LENGTH: usize = 128;

/// The id of a request: the client's, if it is 1 to 128 visible ASCII characters, else ours.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Takes the client's id or makes one.
    pub fn of(headers: &HeaderMap, ids: &dyn IdSource) -> Self {
        let sent = only(headers, &X_REQUEST_ID)
            .filter(|id| (1..=MAX_LENGTH).contains(&id.len()))
            .filter(|id| id.as_bytes().iter().all(u8::is_ascii_graphic));
        sent.map_or_else(|| Self::made(ids), |sent| Self(sent.clone()))
    }

    /// Makes one.
    pub fn made(ids: &dyn IdSource) -> Self {
        let mut text = uuid::Uuid::encode_buffer();
        let text = ids.uuid_v7().hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-")))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Checked or made above: it is ASCII.
        self.0.to_str().unwrap_or_default()
    }

    /// The header's value.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// The header's value if it was sent exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// The client's `traceparent` if it is valid, else that of a new, unsampled trace.
pub fn traceparent(headers: &HeaderMap, ids: &dyn IdSource) -> String {
    let sent = only(headers, &TRACEPARENT).and_then(|value| value.to_str().ok());
    match sent.filter(|text| is_traceparent(text)) {
        Some(text) => text.to_owned(),
        // Neither the trace's nor the parent's id may be all zeros.
        None => format!("00-{:016x}{:016x}-{:016x}-00", ids.random(), odd(ids), odd(ids)),
    }
}

fn odd(ids: &dyn IdSource) -> u64 {
    ids.random() | 1
}

/// Whether the text is a `traceparent` we may pass on (W3C Trace Context, 3.2): version, trace id,
/// parent id and flags in lower-case hex; version 00 has nothing after them, a higher one may.
fn is_traceparent(text: &str) -> bool {
    const LENGTH: usize = 55;
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let set = |part: &str| part.bytes().any(|byte| byte != b'0');
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let [version, trace, parent, flags, rest @ ..] = parts.as_slice() else { return false };
    let known = *version == "00";
    hex(version, 2)
        && *version != "ff"
        && hex(trace, 32)
        && set(trace)
        && hex(parent, 16)
        && set(parent)
        && hex(flags, 2)
        && if known { text.len() == LENGTH && rest.is_empty() } else { text.len() <= MAX_LENGTH }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_w3c_trace_contexts_are_passed_on() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = "00f067aa0ba902b7";
        for good in [
            format!("00-{trace}-{parent}-01"),
            format!("00-{trace}-{parent}-00"),
            format!("cc-{trace}-{parent}-01"),
            format!("cc-{trace}-{parent}-01-what-the-future-brings"),
        ] {
            assert!(is_traceparent(&good), "{good}");
        }
        for bad in [
            String::new(),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{parent}-01", trace.to_uppercase()),
            format!("00-{trace}-{parent}-1"),
            format!("00-{trace}-{parent}"),
            format!("00-{trace}-{parent}-01-more"),
            format!("00-{trace}-{parent}-01-"),
            format!("0-{trace}-{parent}-01"),
            format!("cc-{trace}-{parent}-01-{}", "x".repeat(200)),
        ] {
            assert!(!is_traceparent(&bad), "{bad}");
        }
    }
}
