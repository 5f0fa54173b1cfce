//! `GET /api/v1/accounts/{account}`

use super::named::named;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, TheAccount};
use crate::openapi::responses::Reading;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::server::state::State;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use paygate_wire::AccountBody;

/// Shows an account
#[utoipa::path(get, path = "/api/v1/accounts/{account}", tag = "accounts",
    operation_id = "get_account", security((), ("token" = ["accounts:read"])),
    params(
        TheAccount,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The account as it is now.", body = AccountBody),
        Reading,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn get(
    Caller(principal): Caller,
    state: Data<State>,
    account: Path<String>,
) -> Result<HttpResponse, Problem> {
    let record = state.api.accounts.get(&principal, named(&account)?).await?;
    ok(&AccountBody::of(&record.ok_or_else(Problem::account_not_found)?)?)
}
