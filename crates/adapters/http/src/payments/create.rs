//! `POST /api/v1/payments`

use super::create_request::CreateRequest;
use crate::openapi::parameters::{MayHaveId, MayHaveKey, MayWait};
use crate::openapi::responses::Writing;
use crate::payments::accepted;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency;
use crate::request::prefer::Wait;
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::CreateCharge;
use paygate_wire::PaymentBody;

/// Accepts a payment
///
/// Once it is accepted it is processed, whatever happens after. With an `Idempotency-Key` the
/// request may be repeated: it is accepted once, and each repetition is answered with the payment
/// as it is then. Without one, the reference keeps it from being accepted twice.
#[utoipa::path(post, path = "/api/v1/payments", tag = "payments", security((), ("token" = ["payments:write"])),
    request_body(content = CreateRequest, content_type = "application/json"),
    params(
        MayHaveKey,
        MayWait,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "Accepted, now or by an earlier request with the same key.",
            body = PaymentBody, headers(
                ("Location" = String, description = "The payment's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
                ("Preference-Applied" = String, description = "The `wait` that was honoured."),
            )),
        Writing,
        (status = 409, description = "`reference-already-exists`: another payment has it.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`: the key stands for another request.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn create(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_json(&request, payload, state.body_timeout).await?;
    let wait = Wait::of(request.headers());
    let charge = read_charge(&request, &body, &state, wait)?;
    let created = state.api.charges.create(&principal, charge).await?;
    accepted::answer(&created, wait)
}

fn read_charge(
    request: &HttpRequest,
    body: &[u8],
    state: &State,
    wait: Option<Wait>,
) -> Result<CreateCharge, Problem> {
    let mut fields = fields::read(body)?;
    let asked = CreateRequest::read(&mut fields, &state.currencies);
    let key = idempotency::key(request.headers(), &mut fields);
    let charge = asked.charge(&mut fields, key);
    let charge = fields.finish(charge)?;
    Ok(CreateCharge { call: accepted::call(request, state, wait), ..charge })
}
