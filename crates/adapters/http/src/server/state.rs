//! What every request handler of the API shares.

use crate::request::rules::EnabledCurrencies;
use crate::server::config::{ApiToken, HttpConfig};
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
            body_timeout: config.body_timeout,
        }
    }
}
