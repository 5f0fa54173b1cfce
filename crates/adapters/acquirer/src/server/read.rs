//! Reading a request's body: JSON of a bounded length that says exactly what is expected.

use super::answer::Failure;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// The body as a `T`; its failure has the status 413, 415, 400 where it is no JSON, or 422 where it
/// is JSON of another shape.
pub(super) async fn json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Failure> {
    if !is_json(&request) {
        let detail = "the Content-Type must be application/json".to_owned();
        return Err(Failure::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = Limited::new(request.into_body(), LONGEST_BODY).collect().await.map_err(|why| {
        let status = match why.is::<LengthLimitError>() {
            true => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::BAD_REQUEST,
        };
        Failure::Unreadable(status, why.to_string())
    })?;
    serde_json::from_slice(&body.to_bytes()).map_err(|why| {
        let status = match why.classify() {
            Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
            Category::Syntax | Category::Eof | Category::Io => StatusCode::BAD_REQUEST,
        };
        Failure::Unreadable(status, why.to_string())
    })
}

fn is_json(request: &Request<Incoming>) -> bool {
    let named = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = named.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
