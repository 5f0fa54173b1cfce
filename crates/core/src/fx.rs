//! Currency conversion: exact rational rates, and the rounding of what they convert.
//!
//! What must stay true: money is never created. A credit is rounded down, a debit up, each from the
//! rate itself and never through a rounded inverse; and a rate that has too many digits to be kept
//! is replaced by a smaller one.

pub mod table;
#[cfg(test)]
mod tests;

use crate::Timestamp;
use crate::id::QuoteId;
use crate::identity::Owner;
use crate::money::{self, Currency, DecimalError, Money, PositiveDecimal};
use rust_decimal::Decimal;
use std::fmt;
use thiserror::Error;

/// The greatest numerator and denominator of a rate. With it every product below fits in 128 bits.
pub const MAX_RATE_PART: u64 = 1_000_000_000_000_000;

/// How many digits a rate shows.
const SHOWN_DIGITS: u32 = 12;

/// One hundred percent in basis points.
const ALL_BPS: u16 = 10_000;

/// How many units of `quote` one unit of `base` is worth, in major units (USD/JPY is yen for a
/// dollar). An exact fraction in lowest terms, both parts between 1 and [`MAX_RATE_PART`]. A
/// currency's rate to itself is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    base: Currency,
    quote: Currency,
    numerator: u64,
    denominator: u64,
}

/// Why there is no such rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RateError {
    /// The text is not a positive plain decimal of at most 15 significant digits.
    #[error(transparent)]
    Text(#[from] DecimalError),
    /// A part of the fraction is zero, or above [`MAX_RATE_PART`] in lowest terms.
    #[error("both parts of a rate must be between 1 and {MAX_RATE_PART}")]
    OutOfRange,
    /// A rate from a currency to itself other than 1.
    #[error("the rate of a currency to itself must be 1")]
    NotIdentity,
}

/// Why an amount is not converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConversionError {
    /// The amount is in another currency than that side of the rate.
    #[error("the amount is in another currency than the rate")]
    WrongCurrency,
    /// One side is zero or below, or rounds to zero.
    #[error("the amount is too small to convert")]
    TooSmall,
    /// The other side is more than can be kept.
    #[error("the amount is too large to convert")]
    Overflow,
}

impl Rate {
    /// The rate `numerator / denominator`, in lowest terms.
    ///
    /// # Errors
    /// [`RateError`], the first rule broken.
    pub fn new(
        base: Currency,
        quote: Currency,
        numerator: u64,
        denominator: u64,
    ) -> Result<Self, RateError> {
        Self::from_parts(base, quote, numerator.into(), denominator.into())
    }

    fn from_parts(
        base: Currency,
        quote: Currency,
        numerator: u128,
        denominator: u128,
    ) -> Result<Self, RateError> {
        let (numerator, denominator) =
            reduced(numerator, denominator).ok_or(RateError::OutOfRange)?;
        let part = |part: u128| {
            u64::try_from(part)
                .ok()
                .filter(|part| (1..=MAX_RATE_PART).contains(part))
                .ok_or(RateError::OutOfRange)
        };
        let (numerator, denominator) = (part(numerator)?, part(denominator)?);
        if base == quote && numerator != denominator {
            return Err(RateError::NotIdentity);
        }
        Ok(Self { base, quote, numerator, denominator })
    }

    /// Reads a rate from decimal text such as `1.34`, exactly.
    ///
    /// # Errors
    /// [`RateError`], the first rule broken.
    pub fn parse(base: Currency, quote: Currency, text: &str) -> Result<Self, RateError> {
        let decimal = money::Decimal::from(PositiveDecimal::parse(text)?);
        let denominator = u32::try_from(decimal.decimals())
            .ok()
            .and_then(|decimals| 10u128.checked_pow(decimals))
            .ok_or(RateError::OutOfRange)?;
        Self::from_parts(base, quote, decimal.digits().into(), denominator)
    }

    /// The rate of a currency to itself.
    #[must_use]
    pub fn one(currency: Currency) -> Self {
        Self { base: currency, quote: currency, numerator: 1, denominator: 1 }
    }

    /// The currency that is priced, that of the debit.
    #[must_use]
    pub fn base(&self) -> Currency {
        self.base
    }

    /// The currency it is priced in, that of the credit.
    #[must_use]
    pub fn quote(&self) -> Currency {
        self.quote
    }

    /// The upper part of the fraction, in lowest terms.
    #[must_use]
    pub fn numerator(&self) -> u64 {
        self.numerator
    }

    /// The lower part of the fraction, in lowest terms.
    #[must_use]
    pub fn denominator(&self) -> u64 {
        self.denominator
    }

    /// The rate of the other direction, exactly.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            base: self.quote,
            quote: self.base,
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// This rate and then another: A→B, then B→C. Exact if that has few enough digits, otherwise
    /// slightly smaller, never greater. `None` when the two do not meet in B, when no rate is that
    /// great or small, and when A is C and the way there and back is not worth 1.
    #[must_use]
    pub fn then(&self, next: &Self) -> Option<Self> {
        if self.quote != next.base {
            return None;
        }
        let numerator = u128::from(self.numerator).checked_mul(next.numerator.into())?;
        let denominator = u128::from(self.denominator).checked_mul(next.denominator.into())?;
        Self::at_most(self.base, next.quote, numerator, denominator)
    }

    /// What is left of this rate after a spread in basis points, at the expense of whoever pays in
    /// `base`. Rounded as [`Rate::then`] does. A currency's rate to itself has no spread. `None`
    /// when nothing is left.
    #[must_use]
    pub fn less_spread(&self, bps: u16) -> Option<Self> {
        let left = ALL_BPS.checked_sub(bps)?;
        if self.base == self.quote {
            return Some(*self);
        }
        let numerator = u128::from(self.numerator).checked_mul(left.into())?;
        let denominator = u128::from(self.denominator).checked_mul(ALL_BPS.into())?;
        Self::at_most(self.base, self.quote, numerator, denominator)
    }

    /// A fraction, whose parts are at most the square of [`MAX_RATE_PART`], as a rate: exact if its
    /// parts are in range, otherwise both are scaled down, and only the larger is then rounded, in
    /// its 15th digit or so. The numerator is rounded down, the denominator up.
    fn at_most(
        base: Currency,
        quote: Currency,
        numerator: u128,
        denominator: u128,
    ) -> Option<Self> {
        let max = u128::from(MAX_RATE_PART);
        let (mut numerator, mut denominator) = reduced(numerator, denominator)?;
        if numerator >= denominator && numerator > max {
            // Whatever the smaller part was rounded to, the larger one is computed to fit it.
            let (small, _) = times_over(denominator, max, numerator)?;
            (numerator, _) = times_over(numerator, small, denominator)?;
            denominator = small;
        } else if denominator > max {
            let (small, _) = times_over(numerator, max, denominator)?;
            let (floor, rest) = times_over(denominator, small, numerator)?;
            denominator = floor.checked_add(u128::from(rest > 0))?;
            numerator = small;
        }
        Self::from_parts(base, quote, numerator, denominator).ok()
    }

    /// What an exact debit buys: ⌊debit × rate⌋.
    ///
    /// # Errors
    /// [`ConversionError`], the first rule broken.
    pub fn credit_for(&self, debit: Money) -> Result<Money, ConversionError> {
        let minor = positive_minor(debit, self.base)?;
        let credit = self.minor_parts().and_then(|(numerator, denominator)| {
            minor.checked_mul(numerator)?.checked_div(denominator)
        });
        converted(credit, self.quote)
    }

    /// What an exact credit costs: ⌈credit ÷ rate⌉.
    ///
    /// # Errors
    /// [`ConversionError`], the first rule broken.
    pub fn debit_for(&self, credit: Money) -> Result<Money, ConversionError> {
        let minor = positive_minor(credit, self.quote)?;
        let debit = self.minor_parts().and_then(|(numerator, denominator)| {
            let almost_one = numerator.checked_sub(1)?;
            minor.checked_mul(denominator)?.checked_add(almost_one)?.checked_div(numerator)
        });
        converted(debit, self.base)
    }

    /// The fraction between minor units: of `quote` for one of `base`.
    fn minor_parts(&self) -> Option<(u128, u128)> {
        let in_minor = |part: u64, currency: Currency| {
            u128::from(part).checked_mul(10u128.checked_pow(currency.exponent().into())?)
        };
        Some((in_minor(self.numerator, self.quote)?, in_minor(self.denominator, self.base)?))
    }

    /// The rate as a decimal of at most 12 significant digits: to be shown, not to be converted by.
    #[must_use]
    pub fn decimal(&self) -> Decimal {
        // The quotient is between 10⁻¹⁵ and 10¹⁵, where neither step fails.
        Decimal::from(self.numerator)
            .checked_div(Decimal::from(self.denominator))
            .and_then(|quotient| quotient.round_sf(SHOWN_DIGITS))
            .unwrap_or_default()
            .normalize()
    }
}

/// [`Rate::decimal`] as plain text: `15500`, `0.0000645161290323`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

/// A fraction in lowest terms. `None` if both parts are zero.
fn reduced(numerator: u128, denominator: u128) -> Option<(u128, u128)> {
    let (mut common, mut rest) = (numerator, denominator);
    while let Some(next) = common.checked_rem(rest) {
        (common, rest) = (rest, next);
    }
    Some((numerator.checked_div(common)?, denominator.checked_div(common)?))
}

/// `number × by ÷ divisor` and the remainder. Takes `by` in two halves, so that the product never
/// needs more than 128 bits: `by` is at most [`MAX_RATE_PART`], the others at most its square.
fn times_over(number: u128, by: u128, divisor: u128) -> Option<(u128, u128)> {
    const HALF: u128 = 1 << 25;
    let high = number.checked_mul(by.checked_div(HALF)?)?;
    let low = high
        .checked_rem(divisor)?
        .checked_mul(HALF)?
        .checked_add(number.checked_mul(by.checked_rem(HALF)?)?)?;
    let quotient =
        high.checked_div(divisor)?.checked_mul(HALF)?.checked_add(low.checked_div(divisor)?)?;
    Some((quotient, low.checked_rem(divisor)?))
}

fn positive_minor(money: Money, expected: Currency) -> Result<u128, ConversionError> {
    if money.currency != expected {
        return Err(ConversionError::WrongCurrency);
    }
    u128::try_from(money.minor).ok().filter(|minor| *minor > 0).ok_or(ConversionError::TooSmall)
}

fn converted(minor: Option<u128>, currency: Currency) -> Result<Money, ConversionError> {
    let minor = minor.and_then(|minor| i64::try_from(minor).ok());
    match minor.ok_or(ConversionError::Overflow)? {
        0 => Err(ConversionError::TooSmall),
        minor => Ok(Money { minor, currency }),
    }
}

/// A rate as it is applied to a payment, and kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRate {
    /// The rate.
    pub rate: Rate,
    /// The short name of where it came from, for example `fixed`.
    pub source: String,
    /// When it was the rate there.
    pub as_of: Timestamp,
}

/// A rate that is promised to one payment for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Identifies it.
    pub id: QuoteId,
    /// Whom it is promised to; the house, if `None`.
    pub owner: Option<Owner>,
    /// The promised rate.
    pub applied: AppliedRate,
    /// From when on it is no longer valid.
    pub expires_at: Timestamp,
}
