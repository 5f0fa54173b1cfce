//! What every request handler of the API shares.

use crate::request::rules::EnabledCurrencies;
use crate::server::config::{ApiToken, HttpConfig};
use crate::server::places::Places;
use paygate_app::Api;
use paygate_ports::IdSource;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers need.
pub struct State {
    /// The use cases.
    pub api: Api,
    /// Makes trace ids.
    pub ids: Arc<dyn IdSource>,
    /// What clients must present.
    pub token: Option<ApiToken>,
    /// What payments are taken in.
    pub currencies: EnabledCurrencies,
    /// Whether there is more than in production.
    pub sandbox: bool,
    /// Where pages of CSV statements are read. A place is held while a page is read from the store,
    /// never while a client takes it: how fast that goes is the client's to say.
    pub statement_places: Arc<Places>,
    /// How long a body may take.
    pub body_timeout: Duration,
}

impl State {
    /// The state of an API.
    pub fn new(config: &HttpConfig, api: Api, ids: Arc<dyn IdSource>) -> Self {
        Self {
            currencies: EnabledCurrencies(api.directory.currencies().collect()),
            api,
            ids,
            token: config.token.clone(),
            sandbox: config.sandbox,
            statement_places: Arc::new(Places::new(
                config.statement_reads,
                config.statement_patience,
            )),
            body_timeout: config.body_timeout,
        }
    }
}
