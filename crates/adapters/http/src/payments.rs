//! The one resource of the API, one operation a file.

pub mod create;
mod create_request;
pub mod dto;
pub mod get;
pub mod list;
pub mod timeline;

use crate::problem::Problem;
use crate::routes::{readable, readable_and_postable};
use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::ServiceConfig;
use paygate_core::id::PaymentId;
use serde::Serialize;

pub use create_request::EnabledCurrencies;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable_and_postable("/api/v1/payments", list::list, create::create))
        .service(readable("/api/v1/payments/{id}", get::get))
        .service(readable("/api/v1/payments/{id}/timeline", timeline::timeline));
}

/// A payment's id in a path or parameter: a UUID in its usual form only (RFC 9562 section 4).
fn parse_id(text: &str) -> Option<PaymentId> {
    const LENGTH: usize = 36;
    if text.len() == LENGTH { text.parse().ok() } else { None }
}

/// The body as JSON. That it can't be written is a defect of ours.
fn json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(Problem::internal)
}

/// 200 with this body.
fn ok(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(json(body)?))
}
