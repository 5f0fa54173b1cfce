//! `GET /api/v1/api-keys/{id}`

use super::named::named;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, TheApiKey};
use crate::openapi::responses::Reading;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::server::state::State;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use paygate_wire::ApiKeyBody;

/// Shows a key, without its secret
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "api-keys",
    operation_id = "get_api_key", security((), ("token" = ["api-keys:read"])),
    params(
        TheApiKey,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The key as it is now.", body = ApiKeyBody),
        Reading,
        (status = 404, description = "`api-key-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn get(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let keys = &state.api.api_keys;
    let key = keys.get(&principal, named(&id)?).await?.ok_or_else(Problem::api_key_not_found)?;
    ok(&ApiKeyBody::of(&key, keys.now()))
}
