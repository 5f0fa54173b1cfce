//! `GET /api/v1/merchants`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, MerchantsPaged};
use crate::openapi::responses::Asking;
use crate::problem::Problem;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::identity::MerchantId;
use paygate_ports::MerchantQuery;
use paygate_wire::MerchantPageBody;

/// Lists merchants, in the order of their ids
///
/// For the operator.
#[utoipa::path(get, path = "/api/v1/merchants", tag = "merchants",
    operation_id = "list_merchants", security((), ("token" = [])),
    params(
        MerchantsPaged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = MerchantPageBody),
        Asking,
    ))]
pub async fn list(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = state.api.merchants.list(&principal, read(request.query_string())?).await?;
    ok(&MerchantPageBody::of(&page.items, page.next.as_ref()))
}

fn read(query: &str) -> Result<MerchantQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = MerchantQuery {
        limit: given.limit(),
        after: given.cursor(|text| MerchantId::parse(text).ok()),
    };
    given.finish(Ok(query))
}
