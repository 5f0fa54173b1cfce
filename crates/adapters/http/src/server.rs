//! The two HTTP servers: the API's, and the small one of processes that have no API.

pub mod config;
mod connection;
mod continuing;
pub mod limits;
mod listening;
mod own_answer;
mod paced;
pub mod places;
pub mod proxies;
pub mod routes;
pub mod state;
pub mod telemetry;

use crate::health::{self, MetricsSource};
use crate::server::config::HttpConfig;
use crate::server::proxies::TrustedProxies;
use crate::server::state::State;
use crate::server::telemetry::Telemetry;
use crate::{
    accounts, api_keys, audit, fx, integrity, merchants, openapi, payments, sandbox, transfers,
};
use actix_cors::Cors;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compat, Condition};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error};
use paygate_app::{Api, Readiness};
use paygate_ports::{Authenticator, IdSource};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// The API as an actix app: what [`serve`] serves, and what tests call without a socket. Cheap to
/// clone; every worker thread builds its app from it.
#[derive(Clone)]
pub struct ApiApp {
    state: Data<State>,
    observability: ObservabilityApp,
}

impl ApiApp {
    /// The API of these use cases.
    #[must_use]
    pub fn new(
        config: &HttpConfig,
        api: Api,
        authenticator: Arc<dyn Authenticator>,
        metrics: MetricsSource,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        let readiness = api.readiness.clone();
        let observability = ObservabilityApp::new(config, readiness, metrics, Arc::clone(&ids));
        Self { state: Data::new(State::new(config, api, authenticator, ids)), observability }
    }

    /// Builds the app.
    pub fn build(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let state = self.state.clone();
        self.observability.build_with(move |config| {
            if state.sandbox {
                config.configure(sandbox::configure);
            }
            config
                .app_data(state)
                // Paths are tried in this order, those with a part to be read by a slow matcher.
                .configure(transfers::configure)
                .configure(payments::configure)
                .configure(accounts::configure)
                .configure(fx::configure)
                .configure(merchants::configure)
                .configure(api_keys::configure)
                .configure(audit::configure)
                .configure(integrity::configure)
                .configure(openapi::configure);
        })
    }
}

/// Health and metrics as an actix app.
#[derive(Clone)]
struct ObservabilityApp {
    readiness: Data<Readiness>,
    metrics: Data<MetricsSource>,
    ids: Arc<dyn IdSource>,
    proxies: Arc<TrustedProxies>,
    origins: Arc<[String]>,
}

impl ObservabilityApp {
    fn new(
        config: &HttpConfig,
        readiness: Readiness,
        metrics: MetricsSource,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            readiness: Data::new(readiness),
            metrics: Data::new(metrics),
            ids,
            proxies: Arc::new(config.trusted_proxies.clone()),
            origins: config.cors_origins.clone().into(),
        }
    }

    /// What pages of other origins may do in a browser: nothing, but for those that are named.
    fn cors(&self) -> Cors {
        let cors = self.origins.iter().fold(Cors::default(), |cors, it| cors.allowed_origin(it));
        cors.allowed_methods(["GET", "POST"])
            .allowed_headers(["authorization", "content-type", "idempotency-key", "prefer"])
            .allowed_header("x-request-id")
            .expose_headers(["location", "idempotent-replayed", "preference-applied", "link"])
            .expose_headers(["x-request-id", "retry-after", "ratelimit", "ratelimit-policy"])
            .max_age(600)
    }

    /// Builds the app with more routes in it.
    fn build_with<M: FnOnce(&mut ServiceConfig)>(
        &self,
        more: M,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        > + use<M>,
    > {
        App::new()
            .app_data(self.readiness.clone())
            .app_data(self.metrics.clone())
            .configure(health::configure)
            .configure(more)
            .default_service(web::to(routes::not_found))
            .wrap(Compat::new(Condition::new(!self.origins.is_empty(), self.cors())))
            .wrap(Telemetry { ids: Arc::clone(&self.ids), proxies: Arc::clone(&self.proxies) })
    }
}

/// Starts the API on the configured address and answers the server and where it listens. The server
/// does nothing until it is awaited or spawned; stop it by [`Server::handle`], it does not listen
/// for signals. `metrics` is called for each `GET /metrics`.
///
/// # Errors
/// When the address can't be bound, or is reachable from outside although neither `guarded` nor
/// `insecure_no_auth` is set. The message is one line.
pub fn serve(
    config: &HttpConfig,
    api: Api,
    authenticator: Arc<dyn Authenticator>,
    metrics: MetricsSource,
    ids: Arc<dyn IdSource>,
) -> io::Result<(Server, Vec<SocketAddr>)> {
    config.check_exposure(&config.addresses()?)?;
    let app = ApiApp::new(config, api, authenticator, metrics, ids);
    let ids = Arc::clone(&app.observability.ids);
    listening::start(config, ids, move || app.build())
}

/// Starts a server with health and metrics only, for processes without an API. Takes no token,
/// wherever it listens: there is nothing to protect. Otherwise as [`serve`].
///
/// # Errors
/// When the address can't be bound.
pub fn serve_observability(
    config: &HttpConfig,
    readiness: Readiness,
    metrics: MetricsSource,
    ids: Arc<dyn IdSource>,
) -> io::Result<(Server, Vec<SocketAddr>)> {
    let app = ObservabilityApp::new(config, readiness, metrics, ids);
    let ids = Arc::clone(&app.ids);
    listening::start(config, ids, move || app.build_with(|_| ()))
}
