//! `POST /api/v1/payments/{id}/capture`

use crate::answer::ok;
use crate::openapi::schema::{AmountSchema, Writing};
use crate::problem::{Problem, ProblemBody, Violation};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields::{self, Fields};
use crate::request::idempotency;
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_wire::PaymentBody;
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::Validate;

/// How much of what is held to capture.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = Capture)]
#[serde(deny_unknown_fields)]
pub struct CaptureRequest<'a> {
    /// In the currency of the payment's debit; all of it if nothing is said. The rest is given back.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    #[validate(custom(function = "rules::is_amount"))]
    amount: Option<Cow<'a, str>>,
}

impl<'a> CaptureRequest<'a> {
    const FIELDS: &'static [&'static str] = &["amount"];

    fn parse(body: &'a [u8], others: Vec<Violation>) -> Result<Self, Problem> {
        let mut fields: Fields<'a> = fields::read(body, Self::FIELDS)?;
        let request = Self { amount: fields.optional_decimal("amount") };
        let validated = request.validate();
        rules::check(Self::FIELDS, "amount", fields.into_violations(), validated, others)?;
        Ok(request)
    }
}

/// Captures what is held for a payment
///
/// All of it, or a part; the rest is given back. Repeating it changes nothing. The body may be left
/// out.
#[utoipa::path(post, path = "/api/v1/payments/{id}/capture", tag = "payments",
    operation_id = "capture_payment", security((), ("token" = [])),
    request_body(content = CaptureRequest, content_type = "application/json"),
    params(
        ("id" = String, Path, format = Uuid, description = "The payment's id."),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]*$",
            description = "Taken, and not needed: repeating the request changes nothing."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
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
    // What it leads to is a state, so that the key has nothing to add.
    let (_, others) = idempotency::optional_key(request.headers());
    let asked = CaptureRequest::parse(&body, others)?;
    let record = state.api.holds.capture(&principal, id, asked.amount.as_deref()).await?;
    ok(&PaymentBody::of(&record)?)
}
