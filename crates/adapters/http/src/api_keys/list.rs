//! `GET /api/v1/api-keys`

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
use paygate_ports::ApiKeyQuery;
use paygate_wire::{ApiKeyPageBody, MerchantIdSchema};

/// Lists keys, newest first, without their secrets
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "api-keys",
    operation_id = "list_api_keys", security((), ("token" = ["api-keys:read"])),
    params(
        ("merchant_id" = Option<MerchantIdSchema>, Query, description = "Only this merchant's."),
        Paged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = ApiKeyPageBody),
        Asking,
    ))]
pub async fn list(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let keys = &state.api.api_keys;
    let page = keys.list(&principal, read(request.query_string())?).await?;
    ok(&ApiKeyPageBody::of(&page.items, page.next, keys.now()))
}

fn read(query: &str) -> Result<ApiKeyQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = ApiKeyQuery {
        merchant: given.optional("merchant_id", rules::merchant_id),
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish(Ok(query))
}
