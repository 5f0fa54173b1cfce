//! Rates as they go out.

use crate::wire::{Unwritable, rate, time};
use paygate_core::fx::AppliedRate;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An exchange rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rate)]
pub struct RateBody<'a> {
    /// The currency that is priced.
    #[schema(example = "USD")]
    base: &'static str,
    /// The currency it is priced in.
    #[schema(example = "IDR")]
    quote: &'static str,
    /// How many units of `quote` one unit of `base` is worth, with at most 12 significant digits:
    /// to be shown. Conversions use the exact rate.
    #[schema(value_type = f64, format = "decimal", example = 15500.0)]
    rate: Box<RawValue>,
    /// Where it came from.
    #[schema(example = "fixed")]
    source: &'a str,
    /// When it was the rate there.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    as_of: String,
}

impl<'a> RateBody<'a> {
    /// A rate as it goes out.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn of(applied: &'a AppliedRate) -> Result<Self, Unwritable> {
        Ok(Self {
            base: applied.rate.base().code(),
            quote: applied.rate.quote().code(),
            rate: rate(&applied.rate)?,
            source: &applied.source,
            as_of: time(applied.as_of),
        })
    }
}
