//! How values are written in answers: amounts as exact JSON numbers with their currency's scale,
//! times in RFC 3339, UTC, with microseconds.

use crate::problem::Problem;
use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use chrono::SecondsFormat;
use paygate_core::Timestamp;
use paygate_core::fx::Rate;
use paygate_core::money::{Currency, Money};
use paygate_core::text::Metadata;
use serde::Serialize;
use serde_json::value::RawValue;

/// An amount as a JSON number.
///
/// # Errors
/// None that can happen: [`Problem::internal`] if a decimal were no JSON.
pub fn number(money: Money) -> Result<Box<RawValue>, Problem> {
    raw(money.to_string())
}

/// A sum in minor units as a JSON number; it may be more than a balance can be.
///
/// # Errors
/// As [`number`].
pub fn number_of(minor: i128, currency: Currency) -> Result<Box<RawValue>, Problem> {
    raw(decimal(minor, currency))
}

/// A rate as a JSON number.
///
/// # Errors
/// As [`number`].
pub fn rate(rate: &Rate) -> Result<Box<RawValue>, Problem> {
    raw(rate.to_string())
}

fn raw(decimal: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(decimal)
        .map_err(|error| Problem::internal(format_args!("a number is no JSON: {error}")))
}

/// A sum in minor units as decimal text.
#[must_use]
pub fn decimal(minor: i128, currency: Currency) -> String {
    let scale = usize::from(currency.exponent());
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = scale.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    let sign = if minor < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// A time.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What a client attached, as it came in.
///
/// # Errors
/// [`Problem::internal`] if it is no JSON.
pub fn metadata(metadata: Option<&Metadata>) -> Result<Option<&RawValue>, Problem> {
    let read = metadata.map(Metadata::as_str).map(serde_json::from_str).transpose();
    read.map_err(|error| Problem::internal(format_args!("stored metadata is no JSON: {error}")))
}

/// The body as JSON. That it can't be written is a defect of ours.
///
/// # Errors
/// [`Problem::internal`].
pub fn json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(Problem::internal)
}

/// 200 with this body.
///
/// # Errors
/// As [`json`].
pub fn ok(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(json(body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_as_amounts_are() {
        for (code, minor) in [
            ("USD", 0i64),
            ("USD", 5),
            ("USD", -5),
            ("USD", 10_050),
            ("JPY", 0),
            ("JPY", -7),
            ("KWD", 1_234),
            ("KWD", i64::MIN),
            ("USD", i64::MAX),
        ] {
            let currency = Currency::parse(code).unwrap();
            let money = Money { minor, currency };
            assert_eq!(decimal(minor.into(), currency), money.to_string());
        }
        let usd = Currency::parse("USD").unwrap();
        assert_eq!(decimal(i128::from(i64::MAX) * 100, usd), "9223372036854775807.00");
    }
}
