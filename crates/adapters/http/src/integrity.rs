//! `GET /api/v1/integrity`: the proof that the ledger holds, made anew.

use crate::answer::ok;
use crate::openapi::parameters::MayHaveId;
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::server::routes::readable;
use crate::server::state::State;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use paygate_core::proof::Scope;
use paygate_wire::IntegrityBody;

/// The most violations that are told; all are counted.
const MAX_VIOLATIONS: usize = 100;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/api/v1/integrity", integrity));
}

/// Proves the ledger
///
/// Reads every account, payment, entry and posting, and checks that every balance follows from its
/// postings, every posting from a payment, and every hold from a state. It takes time in proportion
/// to all there is, and is done one at a time.
#[utoipa::path(get, path = "/api/v1/integrity", tag = "integrity",
    operation_id = "prove_integrity", security((), ("token" = [])),
    params(
        MayHaveId,
    ),
    responses(
        (status = 200, description = "What the proof came to, also if the ledger does not hold.",
            body = IntegrityBody),
        Asking,
        (status = 503, description = "`store-unavailable` or `proof-under-way`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn integrity(
    Caller(principal): Caller,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let proven = state.api.proofs.prove(&principal, Scope::Whole, MAX_VIOLATIONS).await?;
    ok(&IntegrityBody::of(&proven.summary, proven.as_of, &proven.violations)?)
}
