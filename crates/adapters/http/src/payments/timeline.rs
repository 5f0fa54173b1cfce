//! `GET /api/v1/payments/{id}/timeline`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, ThePayment};
use crate::openapi::responses::Reading;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use paygate_wire::TimelineBody;

/// Shows what happened to a payment
#[utoipa::path(get, path = "/api/v1/payments/{id}/timeline", tag = "payments", security((), ("token" = ["payments:read"])),
    params(
        ThePayment,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "Its steps, in order.", body = TimelineBody),
        Reading,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn timeline(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    record_payment(id);
    let found = state.api.read.timeline(&principal, id).await?;
    let (_, transitions) = found.ok_or_else(Problem::payment_not_found)?;
    ok(&TimelineBody::of(id, &transitions))
}
