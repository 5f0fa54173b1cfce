//! Whether the process lives, whether it is ready, and its metrics: what orchestrators and monitors
//! ask. No token: they tell nothing about payments.

use crate::openapi::responses::Operating;
use crate::request::auth;
use crate::server::routes::readable;
use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::{Component, Readiness};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Renders the process's metrics in the Prometheus text format.
pub type MetricsSource = Arc<dyn Fn() -> String + Send + Sync>;

/// The component without which nothing works.
const STORE: &str = "store";

/// The routes. `readiness` and `metrics` must be in the app's data.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/health", health))
        .service(readable("/healthz", healthz))
        .service(readable("/health/live", live))
        .service(readable("/health/ready", ready))
        .service(readable("/metrics", metrics));
}

/// The process runs.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// What the process depends on.
#[derive(Serialize, ToSchema)]
pub struct ReadinessReport {
    /// `ok`; `degraded` if payments are accepted but something is down; `down`.
    #[schema(example = "degraded")]
    status: &'static str,
    /// Each component by its name.
    components: BTreeMap<&'static str, ComponentReport>,
}

/// One component.
#[derive(Serialize, ToSchema)]
pub struct ComponentReport {
    /// `up` or `down`.
    #[schema(example = "up")]
    status: &'static str,
    /// Why it is down; told only to those who see everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
}

impl ReadinessReport {
    /// What the components say, and if details are told, why one is down.
    fn of(components: Vec<Component>, with_details: bool) -> Self {
        let is_down = |name| components.iter().any(|it| it.name == name && it.trouble.is_some());
        let status = if is_down(STORE) {
            "down"
        } else if components.iter().any(|it| it.trouble.is_some()) {
            "degraded"
        } else {
            "ok"
        };
        let report = |component: Component| {
            let status = if component.trouble.is_some() { "down" } else { "up" };
            (
                component.name,
                ComponentReport { status, detail: component.trouble.filter(|_| with_details) },
            )
        };
        Self { status, components: components.into_iter().map(report).collect() }
    }
}

/// Says that the process runs
#[utoipa::path(get, path = "/health", tag = "operations",
    responses((status = 200, description = "It runs.", body = Health), Operating))]
async fn health() -> HttpResponse {
    alive()
}

/// Says that the process runs
///
/// The same as `/health`.
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "It runs.", body = Health), Operating))]
async fn healthz() -> HttpResponse {
    alive()
}

/// Says that the process runs, whatever it depends on
#[utoipa::path(get, path = "/health/live", tag = "operations",
    responses((status = 200, description = "It runs.", body = Health), Operating))]
async fn live() -> HttpResponse {
    alive()
}

fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Says whether the process can do its work
///
/// Without the store it can't. Without the broker it still accepts payments, and they are processed
/// when it is back. An answer may be a second old.
#[utoipa::path(get, path = "/health/ready", tag = "operations",
    responses(
        (status = 200, description = "Payments are accepted.", body = ReadinessReport),
        (status = 503, description = "The store is down.", body = ReadinessReport),
        Operating,
    ))]
async fn ready(readiness: Data<Readiness>, request: HttpRequest) -> HttpResponse {
    let components = readiness.report().await;
    // Who asks matters only where there is something to tell.
    let is_trouble = components.iter().any(|it| it.trouble.is_some());
    let with_details = is_trouble && auth::sees_all(&request).await;
    let report = ReadinessReport::of(components, with_details);
    match report.status {
        "down" => HttpResponse::ServiceUnavailable().json(report),
        _ => HttpResponse::Ok().json(report),
    }
}

/// Shows the metrics, in the Prometheus text format
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "The metrics.", body = String,
        content_type = "text/plain; version=0.0.4"), Operating))]
async fn metrics(source: Data<MetricsSource>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(source())
}
