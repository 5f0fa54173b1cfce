//! `GET /api/v1/payments/{id}/refunds`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, Paged, ThePayment};
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::id::PaymentId;
use paygate_ports::PaymentQuery;
use paygate_wire::PaymentPageBody;

/// Lists the refunds of a payment, newest first
#[utoipa::path(get, path = "/api/v1/payments/{id}/refunds", tag = "payments",
    operation_id = "list_refunds", security((), ("token" = ["payments:read"])),
    params(
        ThePayment,
        Paged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = PaymentPageBody),
        Asking,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn refunds(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    record_payment(id);
    let query = read(request.query_string(), id)?;
    if state.api.read.get(&principal, id, None).await?.is_none() {
        return Err(Problem::payment_not_found());
    }
    let page = state.api.read.list(&principal, query).await?;
    ok(&PaymentPageBody::of(&page.items, page.next)?)
}

fn read(query: &str, parent: PaymentId) -> Result<PaymentQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = PaymentQuery {
        owner: None,
        status: None,
        kind: None,
        currency: None,
        parent: Some(parent),
        reference: None,
        created_after: None,
        created_before: None,
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish(Ok(query))
}
