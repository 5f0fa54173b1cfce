//! `GET /api/v1/accounts`

use crate::answer::ok;
use crate::openapi::schema::Asking;
use crate::problem::Problem;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_ports::AccountQuery;
use paygate_wire::AccountPageBody;

/// Lists accounts, newest first
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts",
    operation_id = "list_accounts", security((), ("token" = [])),
    params(
        ("currency" = Option<String>, Query, pattern = "^[A-Z]{3}$", description = "Only in this currency (ISO 4217)."),
        ("alias" = Option<String>, Query, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description = "Only with this alias."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200,
            description = "At most so many; 50 if nothing is said."),
        ("cursor" = Option<String>, Query, format = Uuid,
            description = "The `next_cursor` of the page before."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
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
