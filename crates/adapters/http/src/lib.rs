//! The HTTP adapter: what clients of Paygate talk to.
//!
//! A request goes through `telemetry` (its id, span and metrics), a route, and one of the
//! handlers, which stand in a module a resource (`accounts`, `payments`, `transfers`, `fx`,
//! `integrity`), one operation a file; what goes wrong anywhere becomes a problem document in
//! `problem`.
//!
//! What must stay true: nothing here decides about money; everything that comes in is parsed into
//! core's types before the application sees it; all broken rules of a request are told at once;
//! nothing of what is logged or labelled grows with what a client sends. What goes out is written by
//! `paygate-wire`.

mod accept;
mod accepted;
mod accounts;
mod answer;
mod auth;
mod body;
mod config;
mod fields;
mod fx;
mod health;
mod idempotency;
mod integrity;
mod openapi;
mod payments;
mod prefer;
mod problem;
mod query;
mod request_id;
mod routes;
mod rules;
mod sandbox;
mod schema;
mod server;
mod state;
mod telemetry;
mod transfers;

pub use actix_web::dev::Server;
pub use config::{ApiToken, ApiTokenError, HttpConfig};
pub use health::MetricsSource;
pub use openapi::document as openapi_document;
pub use server::{ApiApp, serve, serve_observability};
