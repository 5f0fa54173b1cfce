//! The simulated acquirer as an HTTP server: the other end of [`crate::HttpAcquirer`].
//!
//! | | |
//! |---|---|
//! | `POST /v1/authorizations` | 200 with the decision; 400 unreadable, 409 the key was used for something else, 503 failed, 504 no answer |
//! | `POST /v1/refunds` | the same; declined with the code `not_refundable` where less is left of the payment |
//! | `GET /v1/authorizations/{key}`, `GET /v1/refunds/{key}` | 200 with the decision, 404 `{"error":"not_found"}` when there is none, 504; either answers for the keys of both |
//! | `GET /v1/journal/{key}` | how often the key was called, and how often money moved |
//! | `GET /v1/journal` | the same of all keys |
//! | `GET /health` | `{"status":"ok"}` |
//!
//! Where no answer is to come, the connection stays silent until the client goes away or the
//! configured time is over (504). A server that is told to stop ends such calls at once.

use crate::call::Call;
use crate::memory::NoAnswer;
use crate::simulated::SimulatedAcquirer;
use crate::wire::{
    AUTHORIZATIONS, AuthorizationBody, CountBody, DecisionBody, ErrorBody, HealthBody,
    IDEMPOTENCY_KEY, NOT_FOUND, REFUNDS, RefundBody, TotalsBody,
};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use paygate_core::id::PaymentId;
use paygate_ports::{Authorization, RefundRequest};
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// How long calls in progress may go on once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Serves `acquirer` until `shutdown` is over, then ends the calls in progress, within seconds
/// whatever their clients do.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    acquirer: SimulatedAcquirer,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (close, closing) = watch::channel(false);
    let mut closed = closing.clone();
    let stop = async move {
        shutdown.await;
        close.send_replace(true);
    };
    let grace_is_over = async move {
        closed_or_gone(&mut closed).await;
        tokio::time::sleep(GRACE).await;
    };
    let listener = listener.tap_io(|connection| {
        // Without this a small answer may wait for the acknowledgement of the one before.
        let _ = connection.set_nodelay(true);
    });
    let server = axum::serve(listener, router(Service { acquirer, closing }));
    tokio::select! {
        ended = server.with_graceful_shutdown(stop) => ended,
        () = grace_is_over => Ok(()),
    }
}

#[derive(Clone)]
struct Service {
    acquirer: SimulatedAcquirer,
    closing: watch::Receiver<bool>,
}

fn router(service: Service) -> Router {
    Router::new()
        .route(AUTHORIZATIONS, post(authorize))
        .route(&format!("{AUTHORIZATIONS}/{{key}}"), get(status))
        .route(REFUNDS, post(refund))
        .route(&format!("{REFUNDS}/{{key}}"), get(status))
        .route("/v1/journal", get(totals))
        .route("/v1/journal/{key}", get(count))
        .route("/health", get(async || Json(HealthBody { status: "ok" })))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(service)
}

async fn authorize(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Result<Json<AuthorizationBody>, JsonRejection>,
) -> Result<Json<DecisionBody>, Failure> {
    let request = Authorization::try_from(readable(body)?).map_err(invalid)?;
    service.decide(&headers, &Call::from(&request)).await
}

async fn refund(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Result<Json<RefundBody>, JsonRejection>,
) -> Result<Json<DecisionBody>, Failure> {
    let request = RefundRequest::try_from(readable(body)?).map_err(invalid)?;
    service.decide(&headers, &Call::from(&request)).await
}

async fn status(
    State(service): State<Service>,
    Path(key): Path<String>,
) -> Result<Json<DecisionBody>, Failure> {
    match service.deliver(service.acquirer.look_up(parse(&key)?)).await? {
        Some(verdict) => Ok(Json(verdict.into())),
        None => Err(Failure::NotFound),
    }
}

async fn count(
    State(service): State<Service>,
    Path(key): Path<String>,
) -> Result<Json<CountBody>, Failure> {
    let key = parse(&key)?;
    let count = service.acquirer.calls(key);
    Ok(Json(CountBody {
        key: key.to_string(),
        authorizations: count.authorizations,
        refunds: count.refunds,
        effects: count.effects,
    }))
}

async fn totals(State(service): State<Service>) -> Json<TotalsBody> {
    let totals = service.acquirer.totals();
    Json(TotalsBody {
        keys: totals.keys,
        authorizations: totals.authorizations,
        refunds: totals.refunds,
        effects: totals.effects,
    })
}

fn readable<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Failure> {
    match body {
        Ok(Json(body)) => Ok(body),
        Err(why) => Err(Failure::Unreadable(why.status(), why.body_text())),
    }
}

fn parse(key: &str) -> Result<PaymentId, Failure> {
    key.parse().map_err(|_| invalid("the key must be a UUID"))
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::Unreadable(StatusCode::BAD_REQUEST, detail.into())
}

impl Service {
    async fn decide(
        &self,
        headers: &HeaderMap,
        call: &Call,
    ) -> Result<Json<DecisionBody>, Failure> {
        let header = headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
        if header != Some(call.key.to_string().as_str()) {
            return Err(invalid("the Idempotency-Key header must be the key"));
        }
        let verdict = self.deliver(self.acquirer.receive(call)).await?;
        Ok(Json(verdict.into()))
    }

    /// Lets the client wait for `answer`: the latency, and where it is to hear nothing the whole
    /// configured time.
    async fn deliver<T>(&self, answer: Result<T, NoAnswer>) -> Result<T, Failure> {
        let config = self.acquirer.config();
        if !config.latency.is_zero() {
            self.wait(config.latency).await;
        }
        if matches!(answer, Err(NoAnswer::Silence)) {
            self.wait(config.timeout).await;
        }
        answer.map_err(Failure::NoAnswer)
    }

    async fn wait(&self, time: Duration) {
        let mut closing = self.closing.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = closed_or_gone(&mut closing) => {}
        }
    }
}

async fn closed_or_gone(closing: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone, which it is only after it said so.
    let _ = closing.wait_for(|closed| *closed).await;
}

/// Everything that is no decision, as its status and body.
enum Failure {
    Unreadable(StatusCode, String),
    NotFound,
    NoAnswer(NoAnswer),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error, detail) = match self {
            Self::Unreadable(status, detail) => (status, "invalid_request", detail),
            Self::NotFound => (StatusCode::NOT_FOUND, NOT_FOUND, String::new()),
            Self::NoAnswer(reason) => {
                let (status, error) = match reason {
                    NoAnswer::Silence => (StatusCode::GATEWAY_TIMEOUT, "no_answer"),
                    NoAnswer::Failure => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                    NoAnswer::KeyReused => (StatusCode::CONFLICT, "key_reused"),
                    NoAnswer::NotPositive => (StatusCode::BAD_REQUEST, "invalid_request"),
                };
                (status, error, String::new())
            }
        };
        (status, Json(ErrorBody { error: error.to_owned(), detail })).into_response()
    }
}
