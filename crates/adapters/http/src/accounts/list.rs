//! `GET /api/v1/accounts`

use super::dto::{AccountBody, PageBody};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::rules;
use crate::schema::Asking;
use crate::state::State;
use crate::wire::ok;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_ports::AccountQuery;

/// Lists accounts, newest first
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts",
    operation_id = "list_accounts", security((), ("token" = [])),
    params(
        ("currency" = Option<String>, Query, description = "Only in this currency (ISO 4217)."),
        ("alias" = Option<String>, Query, description = "Only with this alias."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200,
            description = "At most so many; 50 if nothing is said."),
        ("cursor" = Option<String>, Query, format = Uuid,
            description = "The `next_cursor` of the page before."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
    ),
    responses(
        (status = 200, description = "A page.", body = PageBody),
        Asking,
    ))]
pub async fn list(
    _: Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = state.api.accounts.list(read(request.query_string())?).await?;
    let items = page.items.iter().map(AccountBody::of).collect::<Result<_, _>>()?;
    ok(&PageBody { items, next_cursor: page.next.map(|id| id.to_string()) })
}

fn read(query: &str) -> Result<AccountQuery, Problem> {
    let mut given = Parameters::read(query, &["currency", "alias", "limit", "cursor"]);
    let query = AccountQuery {
        currency: given.optional("currency", rules::currency),
        alias: given.optional("alias", rules::alias),
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish()?;
    Ok(query)
}
