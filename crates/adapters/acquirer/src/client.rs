//! The acquirer over HTTP.
//!
//! Only two answers are decisions: a 200 whose body is understood in full, and the 404 that says in
//! its body that the key is unknown. Everything else leaves the outcome open, whatever it looks
//! like, and the caller asks again with the same key.

use crate::tls;
use crate::verdict::Verdict;
use crate::wire::{
    AUTHORIZATIONS, AuthorizationBody, DecisionBody, ErrorBody, IDEMPOTENCY_KEY, NOT_FOUND,
    REFUNDS, RefundBody,
};
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use serde::Serialize;
use std::error::Error;
use std::time::Duration;
use thiserror::Error;

/// The longest body that is read, in bytes; a decision needs less than a hundred.
const LONGEST_BODY: usize = 16 * 1024;

/// Where the acquirer is and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAcquirerConfig {
    /// `http` or `https`, with a path if the acquirer lives below one.
    pub url: String,
    /// How long one call may take, all in all.
    pub timeout: Duration,
    /// How much of that may go into connecting.
    pub connect_timeout: Duration,
    /// How many connections are kept open between calls: as many as calls are made at once.
    pub max_idle_connections: usize,
    /// How long an unused one is kept; less than the acquirer keeps it.
    pub idle_timeout: Duration,
}

impl HttpAcquirerConfig {
    /// Five seconds a call, two of them to connect, up to 128 connections kept for 30 seconds.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
            max_idle_connections: 128,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Why no client can be made of a configuration. Never shows the URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HttpAcquirerError {
    /// The URL can't be used.
    #[error("the acquirer's URL {0}")]
    Url(&'static str),
    /// The system has no certificates to trust, which `https` needs.
    #[error("no TLS for the acquirer: {0}")]
    Tls(String),
    /// The HTTP client can't be set up.
    #[error("no HTTP client for the acquirer: {0}")]
    Client(String),
}

/// Calls an acquirer that speaks the protocol of [`crate::server`].
#[derive(Clone, Debug)]
pub struct HttpAcquirer {
    client: Client,
    authorizations: String,
    refunds: String,
}

impl HttpAcquirer {
    /// Prepares the client; connects to nothing yet. It takes neither proxies nor anything else
    /// from the environment, and follows no redirects.
    ///
    /// # Errors
    /// [`HttpAcquirerError`] when the URL or the system's certificates can't be used.
    pub fn new(config: &HttpAcquirerConfig) -> Result<Self, HttpAcquirerError> {
        let url = checked(&config.url)?;
        let tls = match url.scheme() {
            "https" => tls::trusting_the_system(),
            _ => tls::trusting_nobody(),
        };
        let tls = tls.map_err(HttpAcquirerError::Tls)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(config.timeout)
            .connect_timeout(config.connect_timeout)
            .pool_max_idle_per_host(config.max_idle_connections)
            .pool_idle_timeout(config.idle_timeout)
            .build()
            .map_err(|error| HttpAcquirerError::Client(root_cause(&error)))?;
        let base = url.as_str().trim_end_matches('/');
        let authorizations = format!("{base}{AUTHORIZATIONS}");
        Ok(Self { client, authorizations, refunds: format!("{base}{REFUNDS}") })
    }

    /// Asks for a decision under `key`, once.
    async fn decide(
        &self,
        url: &str,
        key: PaymentId,
        body: &(impl Serialize + Sync),
    ) -> Result<Decision, AcquirerError> {
        let call = self.client.post(url).header(IDEMPOTENCY_KEY, key.to_string()).json(body);
        match answer(call).await? {
            (StatusCode::OK, body) => decision(&body),
            (status, _) => Err(failed(status)),
        }
    }
}

fn checked(url: &str) -> Result<Url, HttpAcquirerError> {
    let url = Url::parse(url).map_err(|_| HttpAcquirerError::Url("can't be read"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HttpAcquirerError::Url("must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpAcquirerError::Url("must not contain credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(HttpAcquirerError::Url("must not contain a query or a fragment"));
    }
    Ok(url)
}

#[async_trait]
impl Acquirer for HttpAcquirer {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        let body = AuthorizationBody::from(&request);
        self.decide(&self.authorizations, request.key, &body).await
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        let body = RefundBody::from(&request);
        self.decide(&self.refunds, request.key, &body).await
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        match answer(self.client.get(format!("{}/{key}", self.authorizations))).await? {
            (StatusCode::OK, body) => decision(&body).map(KnownOutcome::Decided),
            (StatusCode::NOT_FOUND, body) if says_not_found(&body) => Ok(KnownOutcome::NotFound),
            (status, _) => Err(failed(status)),
        }
    }
}

/// Sends `call` and reads the body, no further than it may be long.
async fn answer(call: RequestBuilder) -> Result<(StatusCode, Vec<u8>), AcquirerError> {
    let mut response = call.send().await.map_err(|error| unanswered(&error))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(&error))? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(unavailable("its answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}

fn decision(body: &[u8]) -> Result<Decision, AcquirerError> {
    DecisionBody::read(body)
        .map(|body| Verdict::from(body).into())
        .ok_or_else(|| unavailable("its answer can't be understood"))
}

/// A gateway or a wrong path answers 404 too, and knows nothing of keys.
fn says_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<ErrorBody>(body).is_ok_and(|body| body.error == NOT_FOUND)
}

fn failed(status: StatusCode) -> AcquirerError {
    match status {
        StatusCode::GATEWAY_TIMEOUT => AcquirerError::TimedOut,
        StatusCode::CONFLICT => unavailable("HTTP 409, the key was used for something else"),
        status => unavailable(&format!("HTTP {}", status.as_u16())),
    }
}

fn unanswered(error: &reqwest::Error) -> AcquirerError {
    if error.is_connect() {
        unavailable(&format!("no connection: {}", root_cause(error)))
    } else if error.is_timeout() {
        AcquirerError::TimedOut
    } else {
        unavailable(&format!("the connection broke: {}", root_cause(error)))
    }
}

/// The innermost cause: it says what happened in the fewest words, and never names the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn unavailable(text: &str) -> AcquirerError {
    AcquirerError::Unavailable(text.to_owned())
}
