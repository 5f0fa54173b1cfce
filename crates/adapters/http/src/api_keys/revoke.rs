//! `POST /api/v1/api-keys/{id}/revoke`

use super::named::named;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, NeedsNoKey, TheApiKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::nothing::Nothing;
use crate::request::origin::origin;
use crate::server::state::State;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_wire::ApiKeyBody;

/// Ends a key
///
/// No request that comes after the answer is let in by it. Repeating it changes nothing. The body is
/// `{}`, `null` or left out.
#[utoipa::path(post, path = "/api/v1/api-keys/{id}/revoke", tag = "api-keys",
    operation_id = "revoke_api_key", security((), ("token" = ["api-keys:write"])),
    request_body(content = Nothing, content_type = "application/json"),
    params(
        TheApiKey,
        NeedsNoKey,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The key, revoked.", body = ApiKeyBody),
        Writing,
        (status = 404, description = "`api-key-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn revoke(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let id = named(&id)?;
    Nothing::read(&body, request.headers())?;
    let keys = &state.api.api_keys;
    let revoked = keys.revoke(&principal, origin(&request), id).await?;
    ok(&ApiKeyBody::of(&revoked, keys.now()))
}
