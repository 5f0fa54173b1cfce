//! `GET /api/v1/payments`

use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, Paged};
use crate::openapi::responses::Asking;
use crate::problem::Problem;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::request::violations::Broken;
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::kind::Kind;
use paygate_core::status::Status;
use paygate_ports::PaymentQuery;
use paygate_wire::{
    CurrencySchema, KindSchema, PaymentPageBody, ReferenceSchema, StatusSchema, TimeSchema,
};

/// Lists payments, newest first
///
/// Each filter narrows the list. A page is full, or the last one: go on until `next_cursor` is
/// `null`.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payments", security((), ("token" = ["payments:read"])),
    params(
        ("status" = Option<StatusSchema>, Query, description = "Only in this state."),
        ("kind" = Option<KindSchema>, Query, description = "Only of this kind."),
        ("currency" = Option<CurrencySchema>, Query, description = "Only in this currency (ISO 4217)."),
        ("reference" = Option<ReferenceSchema>, Query, description = "Only with this reference."),
        ("created_after" = Option<TimeSchema>, Query,
            description = "Only accepted at this time or later (RFC 3339)."),
        ("created_before" = Option<TimeSchema>, Query,
            description = "Only accepted before this time (RFC 3339)."),
        Paged,
        MayHaveId,
    ),
    responses(
        (status = 200, description = "A page.", body = PaymentPageBody),
        Asking,
    ))]
pub async fn list(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = read(request.query_string())?;
    let page = state.api.read.list(&principal, query).await?;
    ok(&PaymentPageBody::of(&page.items, page.next)?)
}

fn read(query: &str) -> Result<PaymentQuery, Problem> {
    let mut given = Parameters::read(query);
    let query = PaymentQuery {
        owner: None,
        status: given.optional("status", |text| Status::parse(text).ok_or_else(not_one_of_them)),
        kind: given.optional("kind", |text| Kind::parse(text).ok_or_else(not_one_of_them)),
        currency: given.optional("currency", rules::currency),
        parent: None,
        reference: given.optional("reference", rules::reference),
        created_after: given.optional("created_after", rules::bound),
        created_before: given.optional("created_before", rules::bound),
        limit: given.limit(),
        cursor: given.cursor(rules::uuid),
    };
    given.finish(Ok(query))
}

fn not_one_of_them() -> Broken {
    ("unknown-value", "must be one of the documented values".to_owned())
}
