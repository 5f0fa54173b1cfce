//! `POST /api/v1/accounts/{account}/close`

use super::named::named;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, NeedsNoKey, TheAccount};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::nothing::Nothing;
use crate::server::state::State;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_wire::AccountBody;

/// Closes an account
///
/// Nothing is posted to it any more. It must be an empty wallet of which nothing is held. Repeating
/// it changes nothing. The body is `{}`, `null` or left out.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/close", tag = "accounts",
    operation_id = "close_account", security((), ("token" = ["accounts:write"])),
    request_body(content = Nothing, content_type = "application/json"),
    params(
        TheAccount,
        NeedsNoKey,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The account, closed.", body = AccountBody),
        Writing,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`account-not-empty`, `account-has-holds` or \
            `account-not-closable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn close(
    Caller(principal): Caller,
    state: Data<State>,
    account: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let name = named(&account)?;
    Nothing::read(&body, request.headers())?;
    ok(&AccountBody::of(&state.api.accounts.close(&principal, name).await?)?)
}
