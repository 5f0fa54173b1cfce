//! The HTTP adapter: what clients of Paygate talk to.
//!
//! A request goes through `server/telemetry` (its id, span and metrics) and a route. `request` reads
//! it, and one of the handlers answers it; they stand in a module a resource (`accounts`, `payments`,
//! `transfers`, `fx`, `merchants`, `api_keys`, `audit`, `integrity`), one operation a file. What goes wrong anywhere becomes a problem
//! document in `problem`.
//!
//! What must stay true: nothing here decides about money; everything that comes in is parsed into
//! core's types before the application sees it; all broken rules of a request are told at once;
//! nothing of what is logged or labelled grows with what a client sends. What goes out is written by
//! `paygate-wire`.

mod accounts;
mod answer;
mod api_keys;
mod audit;
mod fx;
mod health;
mod integrity;
mod merchants;
mod openapi;
mod payments;
mod problem;
mod request;
mod sandbox;
mod server;
mod transfers;

pub use actix_web::dev::Server;
pub use health::MetricsSource;
pub use openapi::document as openapi_document;
pub use server::config::HttpConfig;
pub use server::limits::RateLimits;
pub use server::proxies::{NotANetwork, TrustedProxies};
pub use server::{ApiApp, serve, serve_observability};
