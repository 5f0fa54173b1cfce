//! `GET /api/v1/accounts/{account}/balance`

use super::named::named;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, TheAccount};
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::Timestamp;
use paygate_core::account::AccountRef;
use paygate_core::identity::Principal;
use paygate_wire::{BalanceBody, TimeSchema};

/// Shows an account's balance, now or at a moment
#[utoipa::path(get, path = "/api/v1/accounts/{account}/balance", tag = "accounts",
    operation_id = "account_balance", security((), ("token" = ["accounts:read"])),
    params(
        TheAccount,
        ("at" = Option<TimeSchema>, Query,
            description = "At the end of this moment (RFC 3339), from the entries made until then."),
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The balance.", body = BalanceBody),
        Asking,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn balance(
    Caller(principal): Caller,
    state: Data<State>,
    account: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::read(request.query_string());
    let at = given.optional("at", rules::moment);
    given.finish(Ok(()))?;
    let name = named(&account)?;
    ok(&match at {
        Some(at) => at_moment(&state, &principal, name, at).await?,
        None => now(&state, &principal, name).await?,
    })
}

async fn at_moment(
    state: &State,
    principal: &Principal,
    name: AccountRef,
    at: Timestamp,
) -> Result<BalanceBody, Problem> {
    let found = state.api.accounts.balance_at(principal, name, at).await?;
    let (record, posted) = found.ok_or_else(Problem::account_not_found)?;
    Ok(BalanceBody::at(&record, at, posted)?)
}

async fn now(
    state: &State,
    principal: &Principal,
    name: AccountRef,
) -> Result<BalanceBody, Problem> {
    let found = state.api.accounts.get(principal, name).await?;
    Ok(BalanceBody::now(&found.ok_or_else(Problem::account_not_found)?)?)
}
