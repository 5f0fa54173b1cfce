//! Everything that goes wrong, as the client sees it: RFC 9457 problem documents.
//!
//! What must stay true: every answer of 400 and above is made here, also those of the router and of
//! actix itself (see `telemetry`); a code is stable once it was released; what caused a failure of
//! our own goes to the log and never to the client.

use crate::request_id::RequestId;
use crate::schema::CodeSchema;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use paygate_app::CreateError;
use paygate_core::id::PaymentId;
use paygate_ports::StoreError;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// The media type of RFC 9457 section 6.1.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Declares [`Code`] with the table of what each is called and answered with.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// What kind of problem it is: one stable code each, with its status and title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The problem type of RFC 9457 section 3.1.1. A URN, since it names and does not locate.
            #[must_use]
            pub fn type_uri(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:paygate:problem:", $text)),+ }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// A summary for people that is the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON text.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON";
    /// The body could not be read from the connection.
    MalformedBody = "malformed-body", BAD_REQUEST, "The body could not be read";
    /// A field, header or parameter breaks a rule; `errors` names each.
    InvalidRequest = "invalid-request", BAD_REQUEST, "The request breaks a rule";
    /// The request is not HTTP as we understand it.
    BadRequest = "bad-request", BAD_REQUEST, "The request is malformed";
    /// No token, or a wrong one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid bearer token is required";
    /// The path names nothing.
    RouteNotFound = "route-not-found", NOT_FOUND, "There is nothing at this path";
    /// The path names a payment that does not exist.
    PaymentNotFound = "payment-not-found", NOT_FOUND, "There is no such payment";
    /// The path exists, not with this method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This method is not allowed here";
    /// The client sent too slowly.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// Another payment has this reference.
    ReferenceExists = "reference-already-exists", CONFLICT, "The reference is already in use";
    /// The body is larger than allowed.
    PayloadTooLarge = "payload-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not said to be JSON.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json";
    /// The idempotency key stands for another request.
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY,
        "The idempotency key was used for another request";
    /// We failed.
    InternalError = "internal-error", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The store is away.
    StoreUnavailable = "store-unavailable", SERVICE_UNAVAILABLE, "The service is unavailable";
    /// Too many requests wait already.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The service is overloaded";
}

/// One broken rule of an [`Code::InvalidRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    /// The field of the body, the header or the query parameter; `body` is the body as a whole.
    #[schema(value_type = String, example = "currency")]
    pub field: Cow<'static, str>,
    /// The stable code of the rule.
    #[schema(value_type = String, example = "not-upper-case")]
    pub code: Cow<'static, str>,
    /// The rule, for people.
    #[schema(example = "currency codes are upper-case (ISO 4217)")]
    pub message: String,
}

impl Violation {
    /// A broken rule of a field.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code: Cow::Borrowed(code), message: message.into() }
    }
}

/// A problem on its way to the client. What belongs to the request (instance, request id) is added
/// when it is rendered.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<Violation>,
    payment_id: Option<PaymentId>,
    allow: Option<&'static str>,
    cause: Option<String>,
}

impl Problem {
    /// A problem with a sentence about this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            payment_id: None,
            allow: None,
            cause: None,
        }))
    }

    /// Broken rules, all of them.
    #[must_use]
    pub fn invalid(errors: Vec<Violation>) -> Self {
        let detail = match errors.len() {
            1 => "1 rule is broken; see `errors`".to_owned(),
            count => format!("{count} rules are broken; see `errors`"),
        };
        let mut problem = Self::new(Code::InvalidRequest, detail);
        problem.0.errors = errors;
        problem
    }

    /// A failure of our own; `cause` is for the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let detail = "the request failed; its request id leads to the reason in our logs";
        let mut problem = Self::new(Code::InternalError, detail);
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// The path names no payment.
    #[must_use]
    pub fn payment_not_found() -> Self {
        Self::new(Code::PaymentNotFound, "no payment has this id")
    }

    /// Only these methods are allowed (RFC 9110 section 15.5.6 wants them named).
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(Code::MethodNotAllowed, format!("allowed here: {allow}"));
        problem.0.allow = Some(allow);
        problem
    }

    /// What fits an error answer that something else than our handlers has made.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        if status.is_server_error() {
            return Self::internal(format_args!("an unexplained {status}"));
        }
        let code = match status {
            StatusCode::NOT_FOUND => Code::RouteNotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            _ => Code::BadRequest,
        };
        Self::new(code, status.canonical_reason().unwrap_or("the request was refused"))
    }

    /// Why it happened, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The answer, complete.
    #[must_use]
    pub fn render(&self, request_id: &RequestId, path: &str) -> HttpResponse {
        let problem = &*self.0;
        let mut response = HttpResponseBuilder::new(problem.code.status());
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        match problem.code {
            Code::StoreUnavailable | Code::Overloaded => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            Code::Unauthorized => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"paygate\""));
            }
            _ => {}
        }
        if let Some(allow) = problem.allow {
            response.insert_header((header::ALLOW, allow));
        }
        if let Some(id) = problem.payment_id {
            let link = format!("</api/v1/payments/{id}>; rel=\"related\"");
            response.insert_header((header::LINK, link));
        }
        let body = ProblemBody {
            type_uri: problem.code.type_uri(),
            title: problem.code.title(),
            status: problem.code.status().as_u16(),
            detail: &problem.detail,
            instance: path,
            code: problem.code.as_str(),
            request_id: request_id.as_str(),
            errors: &problem.errors,
            payment_id: problem.payment_id.map(|id| id.to_string()),
        };
        // These are strings and numbers: writing them as JSON does not fail.
        response.body(serde_json::to_vec(&body).unwrap_or_default())
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Identifies the kind of problem; a URN, not a page.
    #[serde(rename = "type")]
    #[schema(example = "urn:paygate:problem:invalid-request")]
    type_uri: &'a str,
    /// The kind of problem, for people.
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// This occurrence, for people.
    detail: &'a str,
    /// The path of the request.
    #[schema(example = "/api/v1/payments")]
    instance: &'a str,
    /// The kind of problem, for programs.
    #[schema(value_type = CodeSchema)]
    code: &'a str,
    /// The request's id, as in `X-Request-Id`.
    request_id: &'a str,
    /// Each broken rule, with `invalid-request` only.
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [Violation],
    /// The payment that has the reference, with `reference-already-exists` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    payment_id: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

/// Lets handlers return a problem with `?`. The answer made here is empty: `telemetry` finds the
/// problem in it and renders it with what belongs to the request.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if !error.is_transient() {
            return Self::internal(error);
        }
        let mut problem = Self::new(
            Code::StoreUnavailable,
            "the store can't be reached; repeat the request, best with an Idempotency-Key",
        );
        problem.0.cause = Some(error.to_string());
        problem
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::CurrencyNotEnabled(currency) => Self::invalid(vec![Violation::new(
                "currency",
                "currency-not-enabled",
                format!("payments in {currency} are not taken"),
            )]),
            CreateError::KeyReused => Self::new(
                Code::KeyReused,
                "the key was sent before with another amount, currency, reference or metadata",
            ),
            CreateError::ReferenceTaken { existing } => {
                let detail = format!("payment {existing} has this reference");
                let mut problem = Self::new(Code::ReferenceExists, detail);
                problem.0.payment_id = Some(existing);
                problem
            }
            CreateError::Overloaded => {
                Self::new(Code::Overloaded, "too many payments wait to be accepted; repeat later")
            }
            CreateError::Store(error) => error.into(),
        }
    }
}
