//! Exchange rates as they go out, and what is made with them.

use crate::schema::{CurrencySchema, DecimalSchema, TimeSchema};
use crate::value::{MoneyBody, Unwritable, rate, time};
use paygate_core::fx::{AppliedRate, Quote};
use paygate_core::money::Money;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An exchange rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rate)]
pub struct RateBody<'a> {
    /// The currency that is priced.
    #[schema(value_type = CurrencySchema)]
    base: &'static str,
    /// The currency it is priced in.
    #[schema(value_type = CurrencySchema)]
    quote: &'static str,
    /// How many units of `quote` one unit of `base` is worth, with at most 12 significant digits:
    /// to be shown. Conversions use the exact rate.
    #[schema(value_type = DecimalSchema)]
    rate: Box<RawValue>,
    /// Where it came from.
    #[schema(example = "fixed")]
    source: &'a str,
    /// When it was the rate there.
    #[schema(value_type = TimeSchema)]
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

/// Some rates.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rates)]
pub struct RatesBody<'a> {
    /// By the codes of their currencies.
    items: Vec<RateBody<'a>>,
}

impl<'a> RatesBody<'a> {
    /// Rates as they go out.
    ///
    /// # Errors
    /// As [`RateBody::of`].
    pub fn of(rates: &'a [AppliedRate]) -> Result<Self, Unwritable> {
        Ok(Self { items: rates.iter().map(RateBody::of).collect::<Result<_, _>>()? })
    }
}

/// What an amount is worth in another currency now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversion)]
pub struct ConversionBody<'a> {
    /// What was asked for.
    from: MoneyBody,
    /// What it is worth, rounded down.
    to: MoneyBody,
    /// How many units of the second currency one unit of the first is worth, to be shown.
    #[schema(value_type = DecimalSchema)]
    rate: Box<RawValue>,
    /// Where the rate came from.
    #[schema(example = "fixed")]
    source: &'a str,
    /// When it was the rate there.
    #[schema(value_type = TimeSchema)]
    as_of: String,
}

impl<'a> ConversionBody<'a> {
    /// What `from` is worth by this rate.
    ///
    /// # Errors
    /// As [`RateBody::of`].
    pub fn of(from: Money, to: Money, applied: &'a AppliedRate) -> Result<Self, Unwritable> {
        Ok(Self {
            from: MoneyBody::of(from)?,
            to: MoneyBody::of(to)?,
            rate: rate(&applied.rate)?,
            source: &applied.source,
            as_of: time(applied.as_of),
        })
    }
}

/// A promised rate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteBody<'a> {
    /// The `quote_id` of the payment that is to get this rate.
    #[schema(format = Uuid)]
    id: String,
    #[serde(flatten)]
    rate: RateBody<'a>,
    /// From when on it is no longer valid.
    #[schema(value_type = TimeSchema)]
    expires_at: String,
    /// The amount that was asked for, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<MoneyBody>,
    /// What it is worth at this rate, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<MoneyBody>,
}

impl<'a> QuoteBody<'a> {
    /// A promise, and the amount that was asked for with what it is worth.
    ///
    /// # Errors
    /// As [`RateBody::of`].
    pub fn of(promised: &'a Quote, worth: Option<(Money, Money)>) -> Result<Self, Unwritable> {
        let side = |money: Option<Money>| money.map(MoneyBody::of).transpose();
        Ok(Self {
            id: promised.id.to_string(),
            rate: RateBody::of(&promised.applied)?,
            expires_at: time(promised.expires_at),
            from: side(worth.map(|(from, _)| from))?,
            to: side(worth.map(|(_, to)| to))?,
        })
    }
}
