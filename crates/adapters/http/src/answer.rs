//! Answers with a body of the wire, as JSON.

use crate::problem::Problem;
use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, HttpResponseBuilder};
use paygate_wire::Unwritable;
use serde::Serialize;

/// What is stored can't be written: a defect of ours.
impl From<Unwritable> for Problem {
    fn from(why: Unwritable) -> Self {
        Self::internal(why)
    }
}

/// 200 with this body.
///
/// # Errors
/// As [`with`].
pub fn ok(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    with(HttpResponse::Ok(), body)
}

/// The header that marks the answer to a repeated request.
const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// 201 of what is made, now or by an earlier request; headers may still be added.
pub fn made(replayed: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    if replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    response
}

/// As [`made`], of what is at this path from then on.
pub fn made_at(path: String, replayed: bool) -> HttpResponseBuilder {
    let mut response = made(replayed);
    response.insert_header((header::LOCATION, path));
    response
}

/// The answer with this body.
///
/// # Errors
/// [`Problem::internal`] if it can't be written.
pub fn with(
    mut response: HttpResponseBuilder,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let json = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(response.content_type(ContentType::json()).body(json))
}
