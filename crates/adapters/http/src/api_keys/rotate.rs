//! `POST /api/v1/api-keys/{id}/rotate`

use super::made::made;
use super::named::named;
use crate::openapi::parameters::{MayHaveId, MayHaveKey, TheApiKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency::{self, Canonical};
use crate::request::json::decimal;
use crate::request::origin::origin;
use crate::request::violations::{Broken, Read};
use crate::server::state::State;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use paygate_app::RotateKey;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::SentKey;
use paygate_core::text::IdempotencyKey;
use paygate_wire::ApiKeyBody;
use utoipa::ToSchema;

/// How long the other key still opens if nothing is said: a day.
const DEFAULT_OVERLAP: i64 = 86_400;
/// The longest it may: thirty days.
const MAX_OVERLAP: i64 = 30 * 86_400;

/// A key to be made in place of another.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = RotateApiKey, example = json!({"overlap_seconds": 3600}))]
#[serde(deny_unknown_fields)]
pub struct RotateRequest {
    /// How long the other key still opens.
    #[schema(value_type = Option<u32>, required = false, minimum = 0, maximum = 2_592_000,
        default = 86_400)]
    overlap_seconds: Read<Option<i64>>,
}

/// Makes a key in place of another
///
/// It has the name, the scopes and the end of the other, which still opens for `overlap_seconds`, so
/// that programs can be given the new one in between. Its `secret` is told in this answer and never
/// again. The body may be left out.
#[utoipa::path(post, path = "/api/v1/api-keys/{id}/rotate", tag = "api-keys",
    operation_id = "rotate_api_key", security((), ("token" = ["api-keys:write"])),
    request_body(content = RotateRequest, content_type = "application/json"),
    params(
        TheApiKey,
        MayHaveKey,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "The new key, made now or by an earlier request with the same \
            key.", body = ApiKeyBody, headers(
                ("Location" = String, description = "The new key's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
            )),
        Writing,
        (status = 404, description = "`api-key-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`api-key-not-active` or `api-key-already-rotated`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn rotate(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let id = named(&id)?;
    let asked = read_rotation(&request, &body, id)?;
    let rotated = state.api.api_keys.rotate(&principal, origin(&request), id, asked).await;
    made(&state, &rotated?)
}

fn read_rotation(request: &HttpRequest, body: &[u8], id: ApiKeyId) -> Result<RotateKey, Problem> {
    let mut fields = fields::read(body)?;
    let asked =
        RotateRequest { overlap_seconds: fields.optional("overlap_seconds", decimal(seconds)) };
    let key = idempotency::key(request.headers(), &mut fields);
    fields.finish(asked.rotation(id, key))
}

fn seconds(text: &str) -> Result<i64, Broken> {
    // A whole number may be written with zeros after the point (JSON Schema 2020-12 section 4.2.3).
    let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    let number = whole
        .map_or(text, |(whole, _)| whole)
        .parse()
        .ok()
        .filter(|seconds| (0..=MAX_OVERLAP).contains(seconds));
    let rule = || format!("must be a whole number from 0 to {MAX_OVERLAP}");
    number.ok_or_else(|| ("out-of-range", rule()))
}

impl RotateRequest {
    fn rotation(self, id: ApiKeyId, key: Read<Option<IdempotencyKey>>) -> Read<RotateKey> {
        let seconds = self.overlap_seconds?.unwrap_or(DEFAULT_OVERLAP);
        let hash = Canonical::of("rotate-api-key")
            .with("id", &*id.to_string())
            .with("overlap_seconds", &*seconds.to_string())
            .hash();
        let key = key?.map(|key| SentKey { key, hash });
        Ok(RotateKey { overlap: TimeDelta::seconds(seconds), key })
    }
}
