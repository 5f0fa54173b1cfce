//! `GET /api/v1/accounts`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, Paged};
use crate::openapi::responses::Asking;
use crate::problem::Problem;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_ports::AccountQuery;
use paygate_wire::{AccountPageBody, AliasSchema, CurrencySchema};

/// Lists accounts, newest first
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts",
    operation_id = "list_accounts", security((), ("token" = ["accounts:read"])),
    params(
        ("currency" = Option<CurrencySchema>, Query, description = "Only in this currency (ISO 4217)."),
        ("alias" = Option<AliasSchema>, Query, description = "Only with this alias."),
        Paged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = AccountPageBody),
        Asking,
    ))]
pub async fn list(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = state.api.accounts.list(&principal, read(request.query_string())?).await?;
    ok(&AccountPageBody::of(&page.items, page.next)?)
}

fn read(query: &str) -> Result<AccountQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = AccountQuery {
        owner: None,
        currency: given.optional("currency", rules::currency),
        alias: given.optional("alias", rules::alias),
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish(Ok(query))
}
