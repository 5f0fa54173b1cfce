//! How a key that was made is told.

use crate::answer;
use crate::problem::Problem;
use crate::server::state::State;
use actix_web::HttpResponse;
use paygate_app::MadeKey;
use paygate_wire::ApiKeyBody;

/// 201 with a key, and its secret if it is new.
pub fn made(state: &State, made: &MadeKey) -> Result<HttpResponse, Problem> {
    let path = format!("/api/v1/api-keys/{}", made.key.id);
    let response = answer::made_at(path, made.secret.is_none());
    let body = ApiKeyBody::of(&made.key, state.api.api_keys.now());
    answer::with(response, &body.with_secret(made.secret.as_ref()))
}
