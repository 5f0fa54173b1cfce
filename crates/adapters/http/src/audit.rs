//! `GET /api/v1/audit`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, Paged};
use crate::openapi::responses::Asking;
use crate::problem::Problem;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::request::violations::Broken;
use crate::server::routes::queryable;
use crate::server::state::State;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::identity::{Actor, AuditAction, Target};
use paygate_ports::AuditQuery;
use paygate_wire::{ActorSchema, AuditActionSchema, AuditPageBody, TargetSchema, TimeSchema};

/// The route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(queryable("/api/v1/audit", list));
}

/// Lists who did what, newest first
///
/// For the operator. A page may be short when much had to be skipped.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit",
    operation_id = "list_audit", security((), ("token" = [])),
    params(
        ("principal" = Option<ActorSchema>, Query, description = "Only what this one did."),
        ("action" = Option<AuditActionSchema>, Query, description = "Only this."),
        ("target" = Option<TargetSchema>, Query, description = "Only what was done to this one."),
        ("from" = Option<TimeSchema>, Query, description = "From this moment on."),
        ("to" = Option<TimeSchema>, Query, description = "Before this moment."),
        Paged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = AuditPageBody),
        Asking,
    ))]
pub async fn list(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = state.api.audits.list(&principal, read(request.query_string())?).await?;
    ok(&AuditPageBody::of(&page.items, page.next))
}

fn read(query: &str) -> Result<AuditQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = AuditQuery {
        principal: given.optional("principal", |text| named(Actor::parse(text), "a principal")),
        action: given.optional("action", |text| named(AuditAction::parse(text), "an action")),
        target: given.optional("target", |text| named(Target::parse(text), "a target")),
        from: given.optional("from", rules::bound),
        to: given.optional("to", rules::bound),
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish(Ok(query))
}

fn named<T>(value: Option<T>, what: &str) -> Result<T, Broken> {
    value.ok_or_else(|| ("unknown", format!("must be the name of {what}")))
}
