//! `POST /api/v1/payments/{id}/capture`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, NeedsNoKey, ThePayment};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency;
use crate::request::json::decimal;
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::money::PositiveDecimal;
use paygate_wire::{AmountSchema, PaymentBody};
use utoipa::ToSchema;

/// How much of what is held to capture.
#[derive(Debug, ToSchema)]
#[schema(as = Capture)]
#[serde(deny_unknown_fields)]
pub struct CaptureRequest {
    /// In the currency of the payment's debit; all of it if nothing is said. The rest is given back.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    amount: Option<PositiveDecimal>,
}

impl CaptureRequest {
    fn read(body: &[u8], headers: &HeaderMap) -> Result<Self, Problem> {
        let mut fields = fields::read(body)?;
        let amount = fields.optional("amount", decimal(rules::amount));
        // What it leads to is a state, so that the key has nothing to add.
        let key = idempotency::key(headers, &mut fields);
        fields.finish(key.and_then(|_| Ok(Self { amount: amount? })))
    }
}

/// Captures what is held for a payment
///
/// All of it, or a part; the rest is given back. Repeating it changes nothing. The body may be `null`
/// or left out.
#[utoipa::path(post, path = "/api/v1/payments/{id}/capture", tag = "payments",
    operation_id = "capture_payment", security((), ("token" = ["transfers:write"])),
    request_body(content = CaptureRequest, content_type = "application/json"),
    params(
        ThePayment,
        NeedsNoKey,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The payment, captured.", body = PaymentBody),
        Writing,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`payment-not-authorized`: nothing is held for it.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`amount-exceeds-authorization`, `amount-too-small`, or a rule \
            of the accounts: `account-closed`, `account-not-found`, `currency-mismatch`, \
            `insufficient-funds`, `overflow`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn capture(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_optional_json(&request, payload, state.body_timeout).await?;
    let id = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    record_payment(id);
    let asked = CaptureRequest::read(&body, request.headers())?;
    let record = state.api.holds.capture(&principal, id, asked.amount).await?;
    ok(&PaymentBody::of(&record)?)
}
