//! Hints on the wire: the body, and the context of the requests in the headers.
//!
//! Messages may come from anyone who can reach the broker: what is read here is bounded and
//! checked, and what can't be read is an answer, not an error.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use paygate_core::id::PaymentId;
use paygate_ports::{HintOut, TraceContext};
use serde::Deserialize;
use std::borrow::Cow;

/// How many ids a message may hold.
pub const MAX_IDS: usize = 10_000;
/// The largest body that is looked into: the longest that we would write, with room for spaces.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How long the list of request ids may become.
const MAX_REQUEST_IDS_BYTES: usize = 1024;
/// How long a value may be that is taken over from a header.
const MAX_CONTEXT_BYTES: usize = 256;

const REQUEST_ID: &str = "x-request-id";
const TRACEPARENT: &str = "traceparent";
const DELIVERY_COUNT: &str = "x-delivery-count";

#[derive(Deserialize)]
struct Body<'a> {
    // `Cow`, since an escaped string can't be borrowed.
    #[serde(borrow)]
    payment_ids: Vec<Cow<'a, str>>,
}

/// `{"payment_ids":["…",…]}`.
pub fn encode(ids: impl Iterator<Item = PaymentId>) -> Vec<u8> {
    let mut body = b"{\"payment_ids\":[".to_vec();
    let mut buffer = uuid::Uuid::encode_buffer();
    for (place, id) in ids.enumerate() {
        body.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
        body.extend_from_slice(id.0.hyphenated().encode_lower(&mut buffer).as_bytes());
        body.push(b'"');
    }
    body.extend_from_slice(b"]}");
    body
}

/// The ids of a body, or why it can't be read.
pub fn decode(body: &[u8]) -> Result<Vec<PaymentId>, String> {
    if body.len() > MAX_BODY_BYTES {
        return Err(format!("{} bytes are more than {MAX_BODY_BYTES}", body.len()));
    }
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match body.payment_ids.len() {
        0 => Err("it names no payment".to_owned()),
        1..=MAX_IDS => body
            .payment_ids
            .iter()
            .map(|id| id.parse().map_err(|_| "it names something that is no payment id".to_owned()))
            .collect(),
        more => Err(format!("{more} ids are more than {MAX_IDS}")),
    }
}

/// The headers of a message of these hints: `x-request-id` with all their distinct request ids,
/// for people who look at the queue, and `traceparent` of the first.
pub fn headers(hints: &[HintOut]) -> FieldTable {
    let mut headers = FieldTable::default();
    let mut listed: Vec<&str> = Vec::new();
    let mut bytes = 0usize;
    for id in hints.iter().filter_map(|hint| hint.context.request_id.as_deref()) {
        bytes = bytes.saturating_add(id.len()).saturating_add(1);
        if bytes > MAX_REQUEST_IDS_BYTES {
            break;
        }
        if !listed.contains(&id) {
            listed.push(id);
        }
    }
    if !listed.is_empty() {
        headers.insert(REQUEST_ID.into(), AMQPValue::LongString(listed.join(",").into()));
    }
    let first = hints.first().and_then(|hint| hint.context.traceparent.as_deref());
    if let Some(traceparent) = first {
        headers.insert(TRACEPARENT.into(), AMQPValue::LongString(traceparent.into()));
    }
    headers
}

/// The request id of the first hint, which the list in the headers does not tell: it lists only
/// those that have one, and an id may hold a comma. It travels as the correlation id.
pub fn correlation_id(hints: &[HintOut]) -> Option<ShortString> {
    let id = hints.first()?.context.request_id.as_deref()?;
    ShortString::try_new(id).ok()
}

/// The context of the first hint of a message.
pub fn context(properties: &BasicProperties) -> TraceContext {
    let correlation_id = properties.correlation_id().as_ref().map(ToString::to_string);
    TraceContext {
        request_id: correlation_id.and_then(presentable),
        traceparent: header(properties, TRACEPARENT).and_then(text).and_then(presentable),
    }
}

/// Whether the broker has counted a delivery of this message that came back. (The flag of the frame
/// tells of this queue's last; the count stays.)
pub fn came_back(properties: &BasicProperties) -> bool {
    match header(properties, DELIVERY_COUNT) {
        Some(AMQPValue::LongLongInt(count)) => *count > 0,
        Some(AMQPValue::LongInt(count)) => *count > 0,
        Some(AMQPValue::LongUInt(count)) => *count > 0,
        Some(AMQPValue::ShortInt(count)) => *count > 0,
        Some(AMQPValue::ShortUInt(count)) => *count > 0,
        Some(AMQPValue::ShortShortInt(count)) => *count > 0,
        Some(AMQPValue::ShortShortUInt(count)) => *count > 0,
        _ => false,
    }
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
        _ => None,
    }
}

/// Only what may stand in a log line.
fn presentable(text: String) -> Option<String> {
    let fits = (1..=MAX_CONTEXT_BYTES).contains(&text.len());
    (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> PaymentId {
        PaymentId(uuid::Uuid::from_u128(number))
    }

    fn hint(number: u128, request_id: Option<&str>, traceparent: Option<&str>) -> HintOut {
        let (request_id, traceparent) =
            (request_id.map(str::to_owned), traceparent.map(str::to_owned));
        HintOut { id: id(number), context: TraceContext { request_id, traceparent } }
    }

    fn listed(hints: &[HintOut]) -> Option<String> {
        headers(hints).inner().get(REQUEST_ID).and_then(text)
    }

    #[test]
    fn a_body_reads_back() {
        for count in [1, 2, 20, 10_000] {
            let ids: Vec<_> = (0..count).map(id).collect();
            assert_eq!(decode(&encode(ids.iter().copied())), Ok(ids));
        }
        assert_eq!(
            encode([id(1), id(2)].into_iter()),
            b"{\"payment_ids\":[\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-000000000002\"]}"
        );
    }

    #[test]
    fn a_body_of_others_is_read_leniently() {
        let body =
            r#"{ "more": 1, "payment_ids" : ["0000\u0030000-0000-0000-0000-000000000001"] }"#;
        assert_eq!(decode(body.as_bytes()), Ok(vec![id(1)]));
    }

    #[test]
    fn what_is_no_hint_cannot_be_read() {
        let too_many = encode((0..10_001).map(id));
        let too_long = " ".repeat(MAX_BODY_BYTES + 1);
        for bad in [
            &b""[..],
            b"hello",
            b"\xff\xfe",
            b"[]",
            b"{}",
            b"{\"payment_ids\":[]}",
            b"{\"payment_ids\":\"x\"}",
            b"{\"payment_ids\":[1]}",
            b"{\"payment_ids\":[\"x\"]}",
            b"{\"payment_ids\":[\"00000000-0000-0000-0000-000000000001\"",
            &too_many,
            too_long.as_bytes(),
        ] {
            assert!(decode(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn the_headers_list_each_request_once_and_stay_short() {
        assert_eq!(listed(&[hint(1, None, None)]), None);
        let hints = [
            hint(1, None, None),
            hint(2, Some("a"), None),
            hint(3, Some("a"), None),
            hint(4, Some("b"), None),
        ];
        assert_eq!(listed(&hints).unwrap(), "a,b");
        let many: Vec<_> =
            (0..1000).map(|n| hint(n, Some(&format!("request-{n}")), None)).collect();
        assert!(listed(&many).unwrap().len() <= 1024);
    }

    #[test]
    fn the_context_is_that_of_the_first_hint() {
        let sent = |hints: &[HintOut]| {
            let mut properties = BasicProperties::default().with_headers(headers(hints));
            if let Some(id) = correlation_id(hints) {
                properties = properties.with_correlation_id(id);
            }
            context(&properties)
        };
        let (bare, full) = (hint(1, None, None), hint(2, Some("a,b"), Some("00-1-2-01")));
        assert_eq!(sent(&[full.clone(), bare.clone()]), full.context);
        assert_eq!(sent(&[bare.clone(), full]), bare.context);
    }

    #[test]
    fn a_context_that_could_forge_a_log_line_is_ignored() {
        for bad in ["", "a b", "a\nb", "ä", &"x".repeat(257)] {
            assert_eq!(presentable(bad.to_owned()), None, "{bad}");
        }
    }

    #[test]
    fn a_counted_delivery_is_a_redelivery() {
        let counted = |value: AMQPValue| {
            let mut headers = FieldTable::default();
            headers.insert(DELIVERY_COUNT.into(), value);
            came_back(&BasicProperties::default().with_headers(headers))
        };
        assert!(!came_back(&BasicProperties::default()));
        assert!(!counted(AMQPValue::LongLongInt(0)));
        assert!(counted(AMQPValue::LongLongInt(1)));
        assert!(counted(AMQPValue::ShortShortUInt(2)));
    }
}
