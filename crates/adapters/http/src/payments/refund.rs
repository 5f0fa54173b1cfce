//! `POST /api/v1/payments/{id}/refunds`

use super::refund_request::RefundRequest;
use crate::openapi::parameters::{MayHaveId, MayWait, MustHaveKey, ThePayment};
use crate::openapi::responses::Writing;
use crate::payments::accepted;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency;
use crate::request::prefer::Wait;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::CreateRefund;
use paygate_core::id::PaymentId;
use paygate_wire::PaymentBody;

/// Gives a payment back, whole or in part
///
/// The refund is a payment of its own. Of what was credited it takes back its share, so that the
/// last refund leaves no residue.
#[utoipa::path(post, path = "/api/v1/payments/{id}/refunds", tag = "payments",
    operation_id = "refund_payment", security((), ("token" = ["refunds:write"])),
    request_body(content = RefundRequest, content_type = "application/json"),
    params(
        ThePayment,
        MustHaveKey,
        MayWait,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "Accepted, now or by an earlier request with the same key.",
            body = PaymentBody, headers(
                ("Location" = String, description = "The refund's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
                ("Preference-Applied" = String, description = "The `wait` that was honoured."),
            )),
        Writing,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`, `payment-not-refundable`, \
            `refund-exceeds-remainder`, `account-closed` or `insufficient-funds`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn refund(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let id: PaymentId = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    let wait = Wait::of(request.headers());
    let refund = read_refund(&request, &body, id, &state, wait)?;
    let created = state.api.refunds.create(&principal, refund).await?;
    accepted::answer(&created, wait)
}

fn read_refund(
    request: &HttpRequest,
    body: &[u8],
    of: PaymentId,
    state: &State,
    wait: Option<Wait>,
) -> Result<CreateRefund, Problem> {
    let mut fields = fields::read(body)?;
    let refund = RefundRequest::read(&mut fields);
    let key = idempotency::required_key(request.headers(), &mut fields);
    let refund = fields.finish(refund.refund(of, key))?;
    Ok(CreateRefund { call: accepted::call(request, state, wait), ..refund })
}
