//! The problems that many operations answer with, each told once.

use crate::problem;
use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// The problems of every request: what needs the token and the store.
pub struct Reading;

/// The problem of every request that needs nothing.
pub struct Operating;

/// The problems of every request with parameters.
pub struct Asking;

/// The problems of every request with a body.
pub struct Writing;

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let unasked = ("400", "`invalid-request`: a query parameter, where none is taken.");
        problems(&[unasked, UNAUTHORIZED, FORBIDDEN, TOO_MANY, INTERNAL, UNAVAILABLE])
    }
}

impl IntoResponses for Operating {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("400", "`invalid-request`: a query parameter, where none is taken.")])
    }
}

impl IntoResponses for Asking {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let invalid = ("400", "`invalid-request`: a parameter breaks a rule.");
        problems(&[invalid, UNAUTHORIZED, FORBIDDEN, TOO_MANY, INTERNAL, UNAVAILABLE])
    }
}

impl IntoResponses for Writing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "`malformed-json`, `malformed-body` or `invalid-request`."),
            UNAUTHORIZED,
            FORBIDDEN,
            ("408", "`request-timeout`: the body came too slowly."),
            ("413", "`payload-too-large`: more than 64 KiB."),
            ("415", "`unsupported-media-type`: not application/json."),
            TOO_MANY,
            INTERNAL,
            ("503", "`store-unavailable` or `overloaded`: repeat it later."),
        ])
    }
}

const UNAUTHORIZED: (&str, &str) = ("401", "`unauthorized`: a token is needed.");
const FORBIDDEN: (&str, &str) =
    ("403", "`forbidden` or `insufficient-scope`: it is not for who asks to do.");
const TOO_MANY: (&str, &str) = ("429", "`rate-limited`: repeat it after the time in Retry-After.");
const INTERNAL: (&str, &str) = ("500", "`internal-error`.");
const UNAVAILABLE: (&str, &str) = ("503", "`store-unavailable`: repeat it later.");

fn problems(described: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let response = |(status, description): &(&str, &str)| {
        let schema = RefOr::from(Ref::from_schema_name("Problem"));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description(*description)
            .content(problem::CONTENT_TYPE, content)
            .build();
        ((*status).to_owned(), RefOr::from(response))
    };
    described.iter().map(response).collect()
}
