//! `POST /api/v1/transfers`

use super::create_request::TransferRequest;
use crate::openapi::parameters::{MayHaveId, MayWait, MustHaveKey};
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
use paygate_app::CreateTransfer;
use paygate_wire::PaymentBody;

/// Moves money from one account to another
///
/// What can be refused at once is; what was accepted is processed, whatever happens after. The
/// request may be repeated: it is accepted once, and each repetition is answered with the payment
/// as it is then.
#[utoipa::path(post, path = "/api/v1/transfers", tag = "transfers",
    operation_id = "create_transfer", security((), ("token" = ["transfers:write"])),
    request_body(content = TransferRequest, content_type = "application/json"),
    params(
        MustHaveKey,
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
        (status = 409, description = "`reference-already-exists` or `quote-already-used`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`, or a rule forbids it: \
            `same-party`, `account-not-found`, `account-closed`, `currency-mismatch`, \
            `unsupported-currency`, `amount-too-small`, `amount-too-large`, `insufficient-funds`, \
            `fx-not-quoted`, `quote-not-found`, `quote-expired`, `risk-below-min`, \
            `risk-above-max`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`store-unavailable`, `overloaded` or `fx-unavailable`: \
            repeat it later.",
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
    let transfer = read_transfer(&request, &body, &state, wait)?;
    let created = state.api.transfers.create(&principal, transfer).await?;
    accepted::answer(&created, wait)
}

fn read_transfer(
    request: &HttpRequest,
    body: &[u8],
    state: &State,
    wait: Option<Wait>,
) -> Result<CreateTransfer, Problem> {
    let mut fields = fields::read(body)?;
    let asked = TransferRequest::read(&mut fields);
    let key = idempotency::required_key(request.headers(), &mut fields);
    let transfer = fields.finish(asked.transfer(key))?;
    Ok(CreateTransfer { call: accepted::call(request, state, wait), ..transfer })
}
