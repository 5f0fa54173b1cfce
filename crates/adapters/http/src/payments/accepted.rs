//! What requests that make a payment have in common: what their headers say, and how they are
//! answered once the payment is accepted.

use crate::answer;
use crate::problem::Problem;
use crate::request::prefer::{PREFERENCE_APPLIED, Wait};
use crate::request::request_id::{RequestId, traceparent};
use crate::server::state::State;
use crate::server::telemetry::record_payment;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use paygate_app::{Call, Created};
use paygate_ports::TraceContext;
use paygate_wire::PaymentBody;

/// How a request came, and how long its client waits.
#[must_use]
pub fn call(request: &HttpRequest, state: &State, wait: Option<Wait>) -> Call {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.as_str().to_owned());
    let traceparent = Some(traceparent(request.headers(), &*state.ids));
    Call { context: TraceContext { request_id, traceparent }, wait: wait.and_then(Wait::limit) }
}

/// 201 with the payment.
///
/// # Errors
/// [`Problem::internal`] if it can't be written.
pub fn answer(created: &Created, wait: Option<Wait>) -> Result<HttpResponse, Problem> {
    let id = created.record.payment.id;
    record_payment(id);
    let mut response = answer::made_at(format!("/api/v1/payments/{id}"), created.replayed);
    if let Some(wait) = wait {
        response.insert_header((PREFERENCE_APPLIED, wait.applied()));
    }
    answer::with(response, &PaymentBody::of(&created.record)?)
}
