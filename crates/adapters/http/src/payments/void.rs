//! `POST /api/v1/payments/{id}/void`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, NeedsNoKey, ThePayment};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::nothing::Nothing;
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_wire::PaymentBody;

/// Gives back what is held for a payment
///
/// Repeating it changes nothing. The body is `{}`, `null` or left out.
#[utoipa::path(post, path = "/api/v1/payments/{id}/void", tag = "payments",
    operation_id = "void_payment", security((), ("token" = ["transfers:write"])),
    request_body(content = Nothing, content_type = "application/json"),
    params(
        ThePayment,
        NeedsNoKey,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The payment, voided.", body = PaymentBody),
        Writing,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`payment-not-authorized`: nothing is held for it.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn void(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let id = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    record_payment(id);
    Nothing::read(&body, request.headers())?;
    let record = state.api.holds.void(&principal, id).await?;
    ok(&PaymentBody::of(&record)?)
}
