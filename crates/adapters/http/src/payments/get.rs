//! `GET /api/v1/payments/{id}`

use crate::answer;
use crate::openapi::parameters::{MayHaveId, MayWait, ThePayment};
use crate::openapi::responses::Reading;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::prefer::{PREFERENCE_APPLIED, Wait};
use crate::request::rules;
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_wire::PaymentBody;

/// Shows a payment
#[utoipa::path(get, path = "/api/v1/payments/{id}", tag = "payments", security((), ("token" = ["payments:read"])),
    params(
        ThePayment,
        MayWait,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The payment as it is now.", body = PaymentBody, headers(
            ("Preference-Applied" = String, description = "The `wait` that was honoured."),
        )),
        Reading,
        (status = 404, description = "`payment-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn get(
    Caller(principal): Caller,
    state: Data<State>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = rules::uuid(&id).ok_or_else(Problem::payment_not_found)?;
    record_payment(id);
    let wait = Wait::of(request.headers());
    let record = state.api.read.get(&principal, id, wait.and_then(Wait::limit)).await?;
    let record = record.ok_or_else(Problem::payment_not_found)?;

    let mut response = HttpResponse::Ok();
    if let Some(wait) = wait {
        response.insert_header((PREFERENCE_APPLIED, wait.applied()));
    }
    answer::with(response, &PaymentBody::of(&record)?)
}
