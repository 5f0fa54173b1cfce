//! Everything that goes wrong, as the client sees it: RFC 9457 problem documents.
//!
//! What must stay true: every answer of 400 and above is made here, also those of the router and of
//! actix itself (see `telemetry`); a code is stable once it was released; what caused a failure of
//! our own goes to the log and never to the client.

mod code;
mod of_app;

use crate::request::request_id::RequestId;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use paygate_core::id::{AccountId, PaymentId};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use utoipa::ToSchema;

pub use code::Code;

/// The media type of RFC 9457 section 6.1.
pub const CONTENT_TYPE: &str = "application/problem+json";

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
    status: StatusCode,
    detail: String,
    errors: Vec<Violation>,
    payment_id: Option<PaymentId>,
    account_id: Option<AccountId>,
    allow: Option<&'static str>,
    exceeded: Option<Exceeded>,
    event: Option<SecurityEvent>,
    cause: Option<String>,
}

/// A limit that was exceeded.
#[derive(Clone, Copy, Debug)]
pub struct Exceeded {
    /// Whose limit.
    pub tier: &'static str,
    /// How many requests a second it allows.
    pub rate: NonZeroU32,
    /// After how many seconds another is taken.
    pub seconds: u64,
}

/// What somebody should know who watches for intruders: the names are OWASP's (Logging Vocabulary
/// Cheat Sheet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// What was shown proves nothing.
    AuthnLoginFail,
    /// It is not for who asks to do.
    AuthzFail,
    /// Too many requests.
    ExcessRateLimitExceeded,
}

impl SecurityEvent {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthnLoginFail => "authn_login_fail",
            Self::AuthzFail => "authz_fail",
            Self::ExcessRateLimitExceeded => "excess_rate_limit_exceeded",
        }
    }
}

impl Problem {
    /// A problem with a sentence about this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            status: code.status(),
            detail: detail.into(),
            errors: Vec::new(),
            payment_id: None,
            account_id: None,
            allow: None,
            exceeded: None,
            event: None,
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

    /// The path names no account.
    #[must_use]
    pub fn account_not_found() -> Self {
        Self::new(Code::AccountNotFound, "no account has this id, number or alias")
    }

    /// The path names no merchant.
    #[must_use]
    pub fn merchant_not_found() -> Self {
        Self::new(Code::MerchantNotFound, "no merchant has this id")
    }

    /// The path names no key.
    #[must_use]
    pub fn api_key_not_found() -> Self {
        Self::new(Code::ApiKeyNotFound, "no key has this id")
    }

    /// More requests came than are taken.
    #[must_use]
    pub fn rate_limited(exceeded: Exceeded) -> Self {
        let detail = format!("at most {} requests a second are taken; repeat later", exceeded.rate);
        let mut problem = Self::new(Code::RateLimited, detail);
        problem.0.exceeded = Some(exceeded);
        problem.seen_as(SecurityEvent::ExcessRateLimitExceeded)
    }

    /// It is to be told to who watches for intruders.
    #[must_use]
    pub fn seen_as(mut self, event: SecurityEvent) -> Self {
        self.0.event = Some(event);
        self
    }

    /// What it is to who watches for intruders.
    #[must_use]
    pub fn event(&self) -> Option<SecurityEvent> {
        self.0.event
    }

    /// Only these methods are allowed (RFC 9110 section 15.5.6 wants them named).
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(Code::MethodNotAllowed, format!("allowed here: {allow}"));
        problem.0.allow = Some(allow);
        problem
    }

    /// What came is no request, or not all of one.
    #[must_use]
    pub fn no_request(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::REQUEST_TIMEOUT => {
                (Code::RequestTimeout, "the head of the request did not arrive in time")
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                (Code::HeadTooLarge, "at most 128 KiB and 96 headers are taken")
            }
            status if status.is_server_error() => return Self::of_status(status),
            _ => (Code::BadRequest, "what came is not HTTP as it should be; nothing was done"),
        };
        Self::new(code, detail)
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

    /// The broken rules.
    #[cfg(test)]
    pub fn violations(&self) -> &[Violation] {
        &self.0.errors
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
        let mut response = HttpResponseBuilder::new(problem.status);
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        match problem.code {
            Code::StoreUnavailable | Code::Overloaded => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            // Neither is over in a moment.
            Code::FxUnavailable | Code::ProofUnderWay => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            Code::Unauthorized => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"paygate\""));
            }
            _ => {}
        }
        if let Some(allow) = problem.allow {
            response.insert_header((header::ALLOW, allow));
        }
        if let Some(Exceeded { tier, rate, seconds }) = problem.exceeded {
            response.insert_header((header::RETRY_AFTER, seconds));
            // As in draft-ietf-httpapi-ratelimit-headers-10.
            response.insert_header(("RateLimit-Policy", format!("\"{tier}\";q={rate};w=1")));
            response.insert_header(("RateLimit", format!("\"{tier}\";r=0;t={seconds}")));
        }
        if let Some(id) = problem.payment_id {
            let link = format!("</api/v1/payments/{id}>; rel=\"related\"");
            response.insert_header((header::LINK, link));
        }
        if let Some(id) = problem.account_id {
            let link = format!("</api/v1/accounts/{id}>; rel=\"related\"");
            response.insert_header((header::LINK, link));
        }
        let body = ProblemBody {
            type_uri: problem.code.type_uri(),
            title: problem.code.title(),
            status: problem.status.as_u16(),
            detail: &problem.detail,
            instance: path,
            code: problem.code.as_str(),
            request_id: request_id.as_str(),
            errors: &problem.errors,
            payment_id: problem.payment_id.map(|id| id.to_string()),
            existing_account_id: problem.account_id.map(|id| id.to_string()),
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
    /// The path of the request; empty where no request could be read.
    #[schema(example = "/api/v1/payments")]
    instance: &'a str,
    /// The kind of problem, for programs.
    #[schema(value_type = Code)]
    code: &'a str,
    /// The request's id, as in `X-Request-Id`.
    request_id: &'a str,
    /// Each broken rule, with `invalid-request` only.
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [Violation],
    /// The payment that has the reference or the quote, with `reference-already-exists` and
    /// `quote-already-used` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    payment_id: Option<String>,
    /// The account that has the alias, with `alias-already-exists` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    existing_account_id: Option<String>,
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
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
