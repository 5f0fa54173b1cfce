//! Taking a request's body off the connection: only JSON, only so much, only for so long.

use crate::problem::{Code, Problem};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;
use std::time::Duration;

/// The most bytes a body may have.
pub const MAX_BYTES: usize = 64 * 1024;

/// Reads a JSON body.
///
/// # Errors
/// [`Code::UnsupportedMediaType`], [`Code::PayloadTooLarge`] (by the announced length at once, else
/// as soon as too much has come), [`Code::RequestTimeout`], [`Code::MalformedBody`].
pub async fn read_json(
    request: &HttpRequest,
    payload: Payload,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    if !is_json(request) {
        let detail = "expected Content-Type: application/json, in UTF-8 and without a coding";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(too_large());
    }
    tokio::time::timeout(timeout, collect(payload)).await.unwrap_or_else(|_| {
        let detail = format!("the body did not arrive within {} ms", timeout.as_millis());
        Err(Problem::new(Code::RequestTimeout, detail))
    })
}

async fn collect(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(unreadable)?;
        if body.len().saturating_add(chunk.len()) > MAX_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("at most {MAX_BYTES} bytes are taken"))
}

fn unreadable(error: PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => too_large(),
        error => Problem::new(Code::MalformedBody, error.to_string()),
    }
}

/// Whether the body is said to be plain JSON: `application/json`, at most with `charset=utf-8`
/// (RFC 8259 knows no parameter, many clients send this one), in no content coding.
fn is_json(request: &HttpRequest) -> bool {
    let Ok(Some(mime)) = request.mime_type() else { return false };
    let coding = request.headers().get(header::CONTENT_ENCODING);
    mime.essence_str() == "application/json"
        && mime
            .params()
            .all(|(name, value)| name == "charset" && value.as_str().eq_ignore_ascii_case("utf-8"))
        && coding.is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}
