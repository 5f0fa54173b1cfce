//! `GET /api/v1/payments`

use super::dto::{PageBody, PaymentBody};
use super::{ok, parse_id};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::query::Parameters;
use crate::schema::{KindSchema, StatusSchema};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use paygate_core::Timestamp;
use paygate_core::id::MerchantId;
use paygate_core::money::{Currency, CurrencyError};
use paygate_core::status::{Kind, Status};
use paygate_core::text::Reference;
use paygate_ports::PaymentQuery;

/// The most payments of a page.
const MAX_LIMIT: u16 = 200;
/// The payments of a page if nothing is said.
const DEFAULT_LIMIT: u16 = 50;

/// Lists payments, newest first
///
/// Each filter narrows the list. A page may hold fewer payments than the limit, even none, although
/// more follow: go on until `next_cursor` is `null`.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payments", security((), ("token" = [])),
    params(
        ("status" = Option<StatusSchema>, Query, description = "Only in this state."),
        ("kind" = Option<KindSchema>, Query, description = "Only of this kind."),
        ("currency" = Option<String>, Query, description = "Only in this currency (ISO 4217)."),
        ("reference" = Option<String>, Query, description = "Only with this reference."),
        ("created_after" = Option<String>, Query, format = DateTime,
            description = "Only accepted at this time or later (RFC 3339)."),
        ("created_before" = Option<String>, Query, format = DateTime,
            description = "Only accepted before this time (RFC 3339)."),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200,
            description = "At most so many; 50 if nothing is said."),
        ("cursor" = Option<String>, Query, format = Uuid,
            description = "The `next_cursor` of the page before."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
    ),
    responses(
        (status = 200, description = "A page.", body = PageBody),
        (status = 400, description = "`invalid-request`: a parameter breaks a rule.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`: a token is needed.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "`internal-error`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`store-unavailable`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn list(
    caller: Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = read(request.query_string(), caller.merchant)?;
    let page = state.api.read.list(query).await?;
    let items = page.items.iter().map(PaymentBody::of).collect::<Result<_, _>>()?;
    ok(&PageBody { items, next_cursor: page.next.map(|id| id.to_string()) })
}

fn read(query: &str, merchant: MerchantId) -> Result<PaymentQuery, Problem> {
    const NAMES: &[&str] = &[
        "status",
        "kind",
        "currency",
        "reference",
        "created_after",
        "created_before",
        "limit",
        "cursor",
    ];
    let mut given = Parameters::read(query, NAMES);
    let query = PaymentQuery {
        merchant,
        status: given.optional("status", |text| Status::parse(text).ok_or_else(not_one_of_them)),
        kind: given.optional("kind", |text| Kind::parse(text).ok_or_else(not_one_of_them)),
        currency: given.optional("currency", currency),
        reference: given.optional("reference", |text| {
            Reference::parse(text).map_err(|error| (error.code(), error.to_string()))
        }),
        created_after: given.optional("created_after", time),
        created_before: given.optional("created_before", time),
        limit: given.optional("limit", limit).unwrap_or(DEFAULT_LIMIT),
        cursor: given.optional("cursor", |text| {
            parse_id(text).ok_or(("malformed", "must be the next_cursor of a page"))
        }),
    };
    let violations = given.into_violations();
    if violations.is_empty() { Ok(query) } else { Err(Problem::invalid(violations)) }
}

fn not_one_of_them() -> (&'static str, &'static str) {
    ("unknown-value", "must be one of the documented values")
}

fn currency(text: &str) -> Result<Currency, (&'static str, String)> {
    Currency::parse(text).map_err(|error| match error {
        CurrencyError::NotUpperCase => ("not-upper-case", error.to_string()),
        CurrencyError::Unknown => ("unknown-currency", error.to_string()),
    })
}

fn limit(text: &str) -> Result<u16, (&'static str, String)> {
    let number = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    number.ok_or_else(|| ("out-of-range", format!("must be a number from 1 to {MAX_LIMIT}")))
}

/// Reads an RFC 3339 time, rounded up to the microseconds that stores keep: for these, to be at or
/// after a time and at or after the next microsecond is the same.
fn time(text: &str) -> Result<Timestamp, (&'static str, &'static str)> {
    let malformed = ("malformed", "must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| malformed)?.with_timezone(&Utc);
    let below = i64::from(at.timestamp_subsec_nanos() % 1_000 > 0);
    DateTime::from_timestamp_micros(at.timestamp_micros().saturating_add(below)).ok_or(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_to_microseconds() {
        for (text, micros) in [
            ("1970-01-01T00:00:01Z", 1_000_000),
            ("1970-01-01T01:00:01+01:00", 1_000_000),
            ("1970-01-01T00:00:00.000001Z", 1),
            ("1970-01-01T00:00:00.000001001Z", 2),
            ("1969-12-31T23:59:59.9999999Z", 0),
        ] {
            assert_eq!(time(text).unwrap().timestamp_micros(), micros, "{text}");
        }
        for bad in ["", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
