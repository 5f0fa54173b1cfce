//! `POST /api/v1/accounts`

use super::open_request::OpenRequest;
use crate::answer;
use crate::openapi::parameters::{MayHaveId, MayHaveKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency;
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::OpenWallet;
use paygate_wire::AccountBody;

/// Opens an account
///
/// With an `Idempotency-Key` or an alias the request may be repeated: it opens one account, and each
/// repetition is answered with that account as it is then. Without both each request opens another.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts",
    operation_id = "open_account", security((), ("token" = ["accounts:write"])),
    request_body(content = OpenRequest, content_type = "application/json"),
    params(
        MayHaveKey,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "Open, now or by an earlier request with the same key or alias.",
            body = AccountBody, headers(
                ("Location" = String, description = "The account's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
            )),
        Writing,
        (status = 409, description = "`alias-already-exists`: it names another account, or was \
            opened by another request.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`: the key stands for another \
            request; `overflow`: the opening balance can't be posted.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn open(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_json(&request, payload, state.body_timeout).await?;
    let wallet = read_wallet(&request, &body, &state)?;
    let (record, replayed) = state.api.accounts.open(&principal, wallet).await?;
    let path = format!("/api/v1/accounts/{}", record.account.id);
    answer::with(answer::made_at(path, replayed), &AccountBody::of(&record)?)
}

fn read_wallet(request: &HttpRequest, body: &[u8], state: &State) -> Result<OpenWallet, Problem> {
    let mut fields = fields::read(body)?;
    let asked = OpenRequest::read(&mut fields, &state.currencies);
    let key = idempotency::key(request.headers(), &mut fields);
    let wallet = asked.wallet(&mut fields, key);
    fields.finish(wallet)
}
