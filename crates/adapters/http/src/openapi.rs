//! The API's own description: the OpenAPI document, made from the code, and the page to browse it.

pub mod parameters;
pub mod responses;

use crate::problem::{Code, Problem, ProblemBody, Violation};
use crate::server::routes::readable;
use crate::{
    accounts, api_keys, audit, fx, health, integrity, merchants, payments, sandbox, transfers,
};
use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use actix_web::web::{Data, Path, ServiceConfig};
use paygate_wire::{
    AccountNameSchema, ActorSchema, AliasSchema, AmountTextSchema, AuditActionSchema,
    CurrencySchema, CursorSchema, IdempotencyKeySchema, MerchantIdSchema, ReferenceSchema,
    StatementCursorSchema, TargetSchema, TimeSchema,
};
use std::sync::Arc;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, RefOr, Required, Server};
use utoipa_swagger_ui::Config;

/// Where the document is.
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";
/// Where the page is.
const PAGE_PATH: &str = "/api/v1/docs/";

/// The operations that take no body, too. That one may be `null` is not told: a body that may be both
/// breaks the clients that are generated with it.
const MAY_LEAVE_OUT_BODY: [&str; 5] = [
    "/api/v1/payments/{id}/capture",
    "/api/v1/payments/{id}/void",
    "/api/v1/accounts/{account}/close",
    "/api/v1/api-keys/{id}/rotate",
    "/api/v1/api-keys/{id}/revoke",
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Paygate",
        description = "A multi-currency payment service. Errors are problem documents (RFC 9457); \
            their `code` is stable.",
    ),
    paths(
        accounts::open::open, accounts::list::list, accounts::get::get, accounts::close::close,
        accounts::balance::balance, accounts::statement::statement,
        payments::create::create, payments::list::list, payments::get::get,
        payments::timeline::timeline, payments::capture::capture, payments::void::void,
        payments::refund::refund, payments::refunds::refunds,
        transfers::create::create,
        fx::rates::rates, fx::convert::convert, fx::quote::quote,
        merchants::create::create, merchants::list::list, merchants::get::get,
        api_keys::make::make, api_keys::list::list, api_keys::get::get, api_keys::rotate::rotate,
        api_keys::revoke::revoke, audit::list,
        integrity::integrity, sandbox::random_accounts,
        health::health, health::healthz, health::live, health::ready, health::metrics,
    ),
    // What parameters refer to is not found by itself.
    components(schemas(
        ProblemBody, Violation, parameters::RequestIdSchema, AccountNameSchema, ActorSchema, AliasSchema,
        AmountTextSchema, AuditActionSchema, CurrencySchema, CursorSchema, IdempotencyKeySchema,
        MerchantIdSchema, ReferenceSchema, StatementCursorSchema, TargetSchema, TimeSchema,
    )),
    tags(
        (name = "accounts", description = "Accounts, their balances and statements."),
        (name = "payments", description = "Taking payments and following them."),
        (name = "transfers", description = "Moving money between accounts."),
        (name = "fx", description = "Exchange rates, as customers get them."),
        (name = "merchants", description = "Whom the house takes payments for."),
        (name = "api-keys", description = "The keys of merchants' programs."),
        (name = "audit", description = "Who did what."),
        (name = "integrity", description = "The proof that the ledger holds."),
        (name = "sandbox", description = "Only where money is not real."),
        (name = "operations", description = "For orchestrators and monitors; without a token."),
    ),
)]
struct Described;

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = Described::openapi();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    document.components =
        Some(ComponentsBuilder::from(components).security_scheme("token", bearer).build());
    for path in MAY_LEAVE_OUT_BODY {
        let item = document.paths.paths.get_mut(path);
        let body = item.and_then(|item| item.post.as_mut()?.request_body.as_mut());
        if let Some(RefOr::T(body)) = body {
            body.required = Some(Required::False);
        }
    }
    document.servers = Some(vec![Server::new("/")]);
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with("/api/") {
            let operations = [&mut item.get, &mut item.post].into_iter().flatten();
            // None is needed, which is not the same as saying nothing.
            operations.for_each(|operation| operation.security = Some(Vec::new()));
        }
    }
    document
}

/// The routes: the document, the page, and the way to it.
pub fn configure(config: &mut ServiceConfig) {
    // Without the validator's badge, for which the page would ask a server on the Internet.
    let page = Config::new([DOCUMENT_PATH]).validator_url("none").try_it_out_enabled(true);
    config
        .app_data(Data::new(DocumentText(document().to_json().unwrap_or_default())))
        .app_data(Data::new(page))
        .service(readable("/", to_page))
        .service(readable("/api/v1/docs", to_page))
        .service(readable("/api/v1/docs/{file:.*}", page_file))
        .service(readable(DOCUMENT_PATH, document_text));
}

/// The document, written once.
struct DocumentText(String);

async fn document_text(text: Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(text.0.clone())
}

async fn to_page() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, PAGE_PATH)).finish()
}

async fn page_file(
    file: Path<String>,
    config: Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&config)).map_err(Problem::internal)?;
    let file =
        found.ok_or_else(|| Problem::new(Code::RouteNotFound, "the page has no such file"))?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()))
}
