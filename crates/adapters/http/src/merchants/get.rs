//! `GET /api/v1/merchants/{merchant}`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, TheMerchant};
use crate::openapi::responses::Reading;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::server::state::State;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use paygate_core::identity::MerchantId;
use paygate_wire::MerchantBody;

/// Shows a merchant
///
/// For the operator.
#[utoipa::path(get, path = "/api/v1/merchants/{merchant}", tag = "merchants",
    operation_id = "get_merchant", security((), ("token" = [])),
    params(
        TheMerchant,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The merchant.", body = MerchantBody),
        Reading,
        (status = 404, description = "`merchant-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn get(
    Caller(principal): Caller,
    state: Data<State>,
    merchant: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = MerchantId::parse(&merchant).map_err(|_| Problem::merchant_not_found())?;
    let merchant = state.api.merchants.get(&principal, id).await?;
    ok(&MerchantBody::of(&merchant.ok_or_else(Problem::merchant_not_found)?))
}
