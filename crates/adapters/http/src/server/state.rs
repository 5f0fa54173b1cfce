//! What every request handler of the API shares.

use crate::request::rules::EnabledCurrencies;
use crate::server::config::HttpConfig;
use crate::server::limits::Limits;
use crate::server::places::Places;
use paygate_app::Api;
use paygate_ports::{Authenticator, IdSource};
use std::sync::Arc;
use std::time::Duration;

/// What the handlers need.
pub struct State {
    /// The use cases.
    pub api: Api,
    /// Makes trace ids.
    pub ids: Arc<dyn IdSource>,
    /// Tells who asks.
    pub authenticator: Arc<dyn Authenticator>,
    /// What payments are taken in.
    pub currencies: EnabledCurrencies,
    /// Whether there is more than in production.
    pub sandbox: bool,
    /// Where pages of CSV statements are read. A place is held while a page is read from the store,
    /// never while a client takes it: how fast that goes is the client's to say.
    pub statement_places: Arc<Places>,
    /// How many requests are taken.
    pub limits: Limits,
    /// How long a body may take.
    pub body_timeout: Duration,
}

impl State {
    /// The state of an API.
    pub fn new(
        config: &HttpConfig,
        api: Api,
        authenticator: Arc<dyn Authenticator>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            currencies: EnabledCurrencies(api.standing.currencies().collect()),
            api,
            ids,
            authenticator,
            sandbox: config.sandbox,
            statement_places: Arc::new(Places::new(
                config.statement_reads,
                config.statement_patience,
            )),
            limits: Limits::new(config.rate_limits),
            body_timeout: config.body_timeout,
        }
    }
}
