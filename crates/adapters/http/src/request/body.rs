//! Taking a request's body off the connection: only JSON, only so much, only for so long.

use crate::problem::{Code, Problem};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use futures_util::StreamExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The most bytes a body may have.
pub const MAX_BYTES: usize = 64 * 1024;

/// Reads a JSON body. If that fails, what was not read is left in the request's extensions as
/// [`Unread`].
///
/// # Errors
/// [`Code::UnsupportedMediaType`], [`Code::PayloadTooLarge`] (by the announced length at once, else
/// as soon as too much has come), [`Code::RequestTimeout`], [`Code::MalformedBody`].
pub async fn read_json(
    request: &HttpRequest,
    mut payload: Payload,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    let read = match check_head(request) {
        Ok(()) => within(timeout, collect(&mut payload)).await,
        Err(problem) => Err(problem),
    };
    if read.is_err() {
        request.extensions_mut().insert(Unread::of(payload.into_inner()));
    }
    read
}

/// Reads a JSON body that may be left out: then there is nothing in it, and nothing need be said
/// about it. That, and `null`, read as `{}`.
///
/// # Errors
/// As [`read_json`].
pub async fn read_optional_json(
    request: &HttpRequest,
    mut payload: Payload,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    let read = match check_length(request) {
        Ok(()) => within(timeout, collect(&mut payload)).await,
        Err(problem) => Err(problem),
    };
    match read {
        Ok(body) if matches!(body.trim_ascii(), b"" | b"null") => Ok(Bytes::from_static(b"{}")),
        Ok(_) if !is_json(request) => Err(not_json()),
        Err(problem) => {
            request.extensions_mut().insert(Unread::of(payload.into_inner()));
            Err(problem)
        }
        read => read,
    }
}

/// Refuses what can be refused before the body has come.
fn check_head(request: &HttpRequest) -> Result<(), Problem> {
    if is_json(request) { check_length(request) } else { Err(not_json()) }
}

fn not_json() -> Problem {
    let detail = "expected Content-Type: application/json, in UTF-8 and without a coding";
    Problem::new(Code::UnsupportedMediaType, detail)
}

fn check_length(request: &HttpRequest) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BYTES) { Err(too_large()) } else { Ok(()) }
}

async fn within(
    timeout: Duration,
    reading: impl Future<Output = Result<Bytes, Problem>>,
) -> Result<Bytes, Problem> {
    tokio::time::timeout(timeout, reading).await.unwrap_or_else(|_| {
        let detail = format!("the body did not arrive within {} ms", timeout.as_millis());
        Err(Problem::new(Code::RequestTimeout, detail))
    })
}

async fn collect(payload: &mut Payload) -> Result<Bytes, Problem> {
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

/// A body that nobody will read. As long as it is kept, the server knows that it has not come in
/// whole, and closes the connection after the answer. Dropped, a body in chunks would be waited for
/// and thrown away, however long it is and however slowly it comes.
pub struct Unread {
    _payload: actix_web::dev::Payload,
}

impl Unread {
    /// What is left of a request that is refused.
    #[must_use]
    pub fn of(payload: actix_web::dev::Payload) -> Self {
        Self { _payload: payload }
    }

    /// Keeps it until the answer is written.
    #[must_use]
    pub fn kept_with(self, response: HttpResponse) -> HttpResponse {
        response.map_body(|_, answer| BoxBody::new(Kept { answer, _unread: self }))
    }
}

struct Kept {
    answer: BoxBody,
    _unread: Unread,
}

impl MessageBody for Kept {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
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
