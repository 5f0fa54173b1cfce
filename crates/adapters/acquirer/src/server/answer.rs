//! What goes back: JSON with a status, for decisions and for all that is no decision.

use crate::memory::NoAnswer;
use crate::wire::{ErrorBody, NOT_FOUND};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer, complete.
pub(super) type Answer = Response<Full<Bytes>>;

/// Everything that is no decision, as its status and body.
pub(super) enum Failure {
    Unreadable(StatusCode, String),
    NotFound,
    NoAnswer(NoAnswer),
}

/// The caller's fault, in words.
pub(super) fn invalid(detail: impl Into<String>) -> Failure {
    Failure::Unreadable(StatusCode::BAD_REQUEST, detail.into())
}

impl Failure {
    pub(super) fn into_answer(self) -> Answer {
        let (status, error, detail) = match self {
            Self::Unreadable(status, detail) => (status, "invalid_request", detail),
            Self::NotFound => (StatusCode::NOT_FOUND, NOT_FOUND, String::new()),
            Self::NoAnswer(reason) => {
                let (status, error) = match reason {
                    NoAnswer::Silence => (StatusCode::GATEWAY_TIMEOUT, "no_answer"),
                    NoAnswer::Failure => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                    NoAnswer::KeyReused => (StatusCode::CONFLICT, "key_reused"),
                    NoAnswer::NotPositive => (StatusCode::BAD_REQUEST, "invalid_request"),
                };
                (status, error, String::new())
            }
        };
        json(status, &ErrorBody { error: error.to_owned(), detail })
    }
}

/// A body in JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(text) => {
            let mut answer = Response::new(Full::from(text));
            *answer.status_mut() = status;
            let json = HeaderValue::from_static("application/json");
            answer.headers_mut().insert(CONTENT_TYPE, json);
            answer
        }
        Err(error) => {
            tracing::error!(%error, "an answer that can't be written");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// A status that says it all.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
