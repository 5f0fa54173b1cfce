//! What surrounds every request: its id, its span, its metrics, and the one place where errors
//! become answers.
//!
//! What must stay true: every answer carries the request id and the security headers; an answer of
//! 400 and above is a problem document, whoever made it; a handler that panics answers 500; labels
//! come from fixed sets, never from what a client sent.

use crate::problem::{Problem, SecurityEvent};
use crate::request::body::Unread;
use crate::request::request_id::{RequestId, X_REQUEST_ID};
use crate::server::proxies::{Client, TrustedProxies};
use crate::server::routes::RouteLabel;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use metrics::SharedString;
use paygate_ports::IdSource;
use std::any::Any;
use std::future::{Ready, ready};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

/// Counts answers by method, route pattern and status.
const REQUESTS: &str = "paygate_http_requests_total";
/// Seconds from a request's head to its answer, by method and route pattern.
const SECONDS: &str = "paygate_http_request_seconds";

/// Counts what may be an attack, by OWASP's name of it.
const SECURITY_EVENTS: &str = "paygate_security_events_total";

/// Says what the metrics mean, once.
pub fn describe() {
    metrics::describe_counter!(REQUESTS, "HTTP requests answered");
    metrics::describe_histogram!(SECONDS, metrics::Unit::Seconds, "Time to answer HTTP requests");
}

/// The label of what came over a connection and is no request.
const NO_REQUEST: RouteLabel = RouteLabel("no-request");

/// The answer to what is no request: complete, counted and logged as every other.
pub fn refused(status: StatusCode, ids: &dyn IdSource) -> HttpResponse {
    let problem = Problem::no_request(status);
    Exchange::with_nobody(ids).end(HttpResponse::from_error(problem), Some(NO_REQUEST))
}

/// The middleware. Wraps the whole app.
pub struct Telemetry {
    /// Makes request ids.
    pub ids: Arc<dyn IdSource>,
    /// Whose word on a client's address is taken.
    pub proxies: Arc<TrustedProxies>,
}

impl<S> Transform<S, ServiceRequest> for Telemetry
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error> + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let (ids, proxies) = (Arc::clone(&self.ids), Arc::clone(&self.proxies));
        ready(Ok(Observed { service: Rc::new(service), ids, proxies }))
    }
}

/// The app with the middleware around it.
pub struct Observed<S> {
    service: Rc<S>,
    ids: Arc<dyn IdSource>,
    proxies: Arc<TrustedProxies>,
}

impl<S> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error> + 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let exchange = Exchange::begin(&request, &*self.ids, &self.proxies);
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            let answering = AssertUnwindSafe(async move { service.call(request).await });
            let answer = answering.catch_unwind().instrument(exchange.span.clone()).await;
            let response = match answer {
                Ok(Ok(response)) => {
                    let (request, response) = response.into_parts();
                    let route = request.app_data::<RouteLabel>().copied();
                    let response = exchange.end(response, route);
                    let unread = request.extensions_mut().remove::<Unread>();
                    let response = match unread {
                        Some(unread) => unread.kept_with(response),
                        None => response,
                    };
                    return Ok(ServiceResponse::new(request, response));
                }
                Ok(Err(error)) => HttpResponse::from_error(error),
                Err(panic) => HttpResponse::from_error(Problem::internal(message(&*panic))),
            };
            // The request is gone, so the complete answer travels as an error.
            Err(InternalError::from_response("answered", exchange.end(response, None)).into())
        })
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("no message"))
}

/// One request and its answer.
struct Exchange {
    started: Instant,
    method: &'static str,
    uri: Option<Uri>,
    request_id: RequestId,
    client: Client,
    span: Span,
}

impl Exchange {
    fn begin(request: &ServiceRequest, ids: &dyn IdSource, proxies: &TrustedProxies) -> Self {
        let request_id = RequestId::of(request.headers(), ids);
        let peer = request.peer_addr().map(|peer| peer.ip());
        let client = proxies.client(peer, request.headers());
        let mut extensions = request.extensions_mut();
        extensions.insert(request_id.clone());
        extensions.insert(client);
        drop(extensions);
        // Cheap: a Uri shares its bytes.
        let (method, uri) = (method_label(request.method()), request.uri().clone());
        Self { client, ..Self::of(method, Some(uri), request_id) }
    }

    /// One whose request can't be read.
    fn with_nobody(ids: &dyn IdSource) -> Self {
        Self::of("other", None, RequestId::made(ids))
    }

    fn of(method: &'static str, uri: Option<Uri>, request_id: RequestId) -> Self {
        // At the level that is always on: the fields are for the lines within.
        let span = tracing::error_span!(
            "http_request",
            method,
            request_id = request_id.as_str(),
            payment_id = Empty,
        );
        let client = Client::default();
        Self { started: Instant::now(), method, uri, request_id, client, span }
    }

    /// Completes the answer, counts it and logs it.
    fn end(&self, response: HttpResponse, route: Option<RouteLabel>) -> HttpResponse {
        let route = route.map_or("unmatched", |label| label.0);
        let elapsed = self.started.elapsed();
        let event = response.error().and_then(|error| error.as_error::<Problem>());
        let event = event.and_then(Problem::event);
        let (mut response, cause) = self.problem_rendered(response);
        let status = response.status();

        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, self.request_id.header_value());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.client.https {
            // For a year a browser that came by HTTPS does not come back without it.
            let year = HeaderValue::from_static("max-age=31536000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }

        let label = status_label(status);
        metrics::counter!(REQUESTS, "method" => self.method, "route" => route, "status" => label)
            .increment(1);
        metrics::histogram!(SECONDS, "method" => self.method, "route" => route).record(elapsed);

        let _inside = self.span.enter();
        if let Some(event) = event.map(SecurityEvent::as_str) {
            let address = self.client.address.map(display);
            metrics::counter!(SECURITY_EVENTS, "event" => event).increment(1);
            tracing::warn!(event, address, route, "what may be an attack");
        }
        let (cause, elapsed_us, status) = (cause.as_deref(), elapsed.as_micros(), status.as_u16());
        match status {
            500 => tracing::error!(route, status, cause, elapsed_us, "a request failed"),
            501.. => tracing::info!(route, status, cause, elapsed_us, "a request was turned away"),
            _ => tracing::debug!(route, status, elapsed_us, "answered"),
        }
        response
    }

    /// The answer as it is, unless it is an error that is not yet a document of ours: then its
    /// problem, or what fits its status if something else than our handlers has made it.
    fn problem_rendered(&self, response: HttpResponse) -> (HttpResponse, Option<String>) {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        // Readiness answers 503 with a document of its own.
        if !is_error || (response.error().is_none() && has_json(&response)) {
            return (response, None);
        }
        let path = self.uri.as_ref().map_or("", Uri::path);
        if let Some(problem) = response.error().and_then(|error| error.as_error::<Problem>()) {
            return (problem.render(&self.request_id, path), problem.cause().map(str::to_owned));
        }
        let problem = Problem::of_status(status);
        let cause = response.error().map(ToString::to_string);
        let cause = cause.or_else(|| problem.cause().map(str::to_owned));
        (problem.render(&self.request_id, path), cause)
    }
}

fn has_json(response: &HttpResponse) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value == "application/json")
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The status as text, without allocating for the usual ones.
fn status_label(status: StatusCode) -> SharedString {
    match status.as_u16() {
        200 => "200".into(),
        201 => "201".into(),
        400 => "400".into(),
        404 => "404".into(),
        409 => "409".into(),
        422 => "422".into(),
        503 => "503".into(),
        _ => status.as_str().to_owned().into(),
    }
}

/// Adds the payment's id to the request's span.
pub fn record_payment(id: paygate_core::id::PaymentId) {
    Span::current().record("payment_id", display(id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, error, test, web};
    use paygate_testkit::SequentialIds;

    /// What the middleware makes of an answer that none of our handlers would give.
    async fn answer_to(path: &str) -> (u16, String) {
        let ids = Arc::new(SequentialIds::new(chrono::DateTime::UNIX_EPOCH));
        let refuses = |request: ServiceRequest, next: actix_web::middleware::Next<_>| async move {
            match request.path() {
                "/refused" => Err(error::ErrorForbidden("its own words")),
                _ => next.call(request).await,
            }
        };
        let app = App::new()
            .route("/bare", web::to(|| async { HttpResponse::Conflict().finish() }))
            .route("/text", web::to(|| async { HttpResponse::BadGateway().body("its own words") }))
            .route("/large", web::to(|| async { Err::<&str, _>(error::PayloadError::Overflow) }))
            .route(
                "/error",
                web::to(|| async { Err::<&str, _>(error::ErrorGone("its own words")) }),
            )
            .wrap(actix_web::middleware::from_fn(refuses))
            .wrap(Telemetry { ids, proxies: Arc::default() });
        let service = test::init_service(app).await;
        let request = test::TestRequest::get().uri(path).to_request();
        let response = match test::try_call_service(&service, request).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        let content_type = response.headers().get(header::CONTENT_TYPE).unwrap();
        assert_eq!(content_type, crate::problem::CONTENT_TYPE, "{path}");
        assert!(response.headers().contains_key(X_REQUEST_ID), "{path}");
        let status = response.status().as_u16();
        let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!(!document.to_string().contains("its own words"), "{document}");
        (status, document["code"].as_str().unwrap().to_owned())
    }

    #[actix_web::test]
    async fn errors_that_others_made_become_problems_too() {
        for (path, status, code) in [
            ("/bare", 400, "bad-request"),
            ("/error", 400, "bad-request"),
            ("/refused", 400, "bad-request"),
            ("/large", 413, "payload-too-large"),
            ("/text", 500, "internal-error"),
            ("/nothing", 404, "route-not-found"),
        ] {
            assert_eq!(answer_to(path).await, (status, code.to_owned()), "{path}");
        }
    }
}
