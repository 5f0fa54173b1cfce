//! How values are written in answers: amounts as exact JSON numbers with their currency's scale,
//! times in RFC 3339, UTC, with microseconds.

use crate::problem::Problem;
use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use chrono::SecondsFormat;
use paygate_core::Timestamp;
use paygate_core::fx::Rate;
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::text::Metadata;
use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;
use utoipa::ToSchema;

/// What is stored can't be written as JSON. That is a defect of ours.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Unwritable(String);

impl From<Unwritable> for Problem {
    fn from(why: Unwritable) -> Self {
        Self::internal(why)
    }
}

/// An amount, or a sum of some, as a JSON number.
///
/// # Errors
/// None that can happen: [`Unwritable`] if a decimal were no JSON.
pub fn number(sum: impl Into<Sum>) -> Result<Box<RawValue>, Unwritable> {
    raw(sum.into().to_string())
}

/// A rate as a JSON number.
///
/// # Errors
/// As [`number`].
pub fn rate(rate: &Rate) -> Result<Box<RawValue>, Unwritable> {
    raw(rate.to_string())
}

fn raw(decimal: String) -> Result<Box<RawValue>, Unwritable> {
    let raw = RawValue::from_string(decimal);
    raw.map_err(|error| Unwritable(format!("a number is no JSON: {error}")))
}

/// A time: RFC 3339 in UTC, with microseconds.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What a client attached, as it came in.
///
/// # Errors
/// [`Unwritable`] if it is no JSON.
pub fn metadata(metadata: Option<&Metadata>) -> Result<Option<&RawValue>, Unwritable> {
    let read = metadata.map(Metadata::as_str).map(serde_json::from_str).transpose();
    read.map_err(|error| Unwritable(format!("stored metadata is no JSON: {error}")))
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

/// An amount with its currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// An exact decimal with as many decimals as the currency has.
    #[schema(value_type = f64, format = "decimal", example = 100.5)]
    amount: Box<RawValue>,
    #[schema(example = "USD")]
    currency: &'static str,
}

impl MoneyBody {
    /// An amount as it goes out.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn of(money: Money) -> Result<Self, Unwritable> {
        Ok(Self { amount: number(money)?, currency: money.currency.code() })
    }
}
