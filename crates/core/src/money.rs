//! Money: integer minor units and an ISO 4217 currency. Amounts come in as decimal text and go out
//! as decimal text with exactly the currency's scale; no float exists anywhere in between.

mod decimal;

pub use decimal::{Decimal, DecimalError, MAX_SIGNIFICANT_DIGITS, PositiveDecimal};

use std::fmt;
use thiserror::Error;

/// An ISO 4217 currency that has a minor unit. Ordered by code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    exponent: u8,
}

/// Why a text names no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CurrencyError {
    /// The text would be a currency if it were upper-case; ISO 4217 codes are.
    #[error("currency codes are upper-case (ISO 4217)")]
    NotUpperCase,
    /// ISO 4217 lists no such currency, or one without a minor unit (gold, test codes).
    #[error("not an ISO 4217 currency with a minor unit")]
    Unknown,
}

impl Currency {
    /// Reads an upper-case ISO 4217 alphabetic code.
    ///
    /// # Errors
    /// [`CurrencyError`] when the code is lower-case or unknown.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        match Self::lookup(text) {
            Some(currency) => Ok(currency),
            None if Self::lookup(&text.to_ascii_uppercase()).is_some() => {
                Err(CurrencyError::NotUpperCase)
            }
            None => Err(CurrencyError::Unknown),
        }
    }

    fn lookup(code: &str) -> Option<Self> {
        let listed =
            iso_currency::Currency::from_code(code).filter(|found| found.code() == code)?;
        let exponent = u8::try_from(listed.exponent()?).ok()?;
        Some(Self { code: listed.code(), exponent })
    }

    /// The alphabetic code, for example `USD`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    /// The currency that has taken its place; `None` as long as it is legal tender. What is kept in
    /// a withdrawn currency stays readable.
    #[must_use]
    pub fn successor(self) -> Option<&'static str> {
        // VED is a new unit beside VES and has not taken its place.
        match self.code {
            "VES" => None,
            code => iso_currency::Currency::from_code(code)?.is_superseded().map(|by| by.code()),
        }
    }

    /// How many decimals the minor unit has: 0 for JPY, 2 for USD, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

/// An amount in one currency, in its minor units (cents for USD). May be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why a text or a decimal is no amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// It is none in any currency.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// More decimals than the currency has. Never rounded.
    #[error("must have at most {allowed} decimals in this currency")]
    TooManyDecimals {
        /// How many the currency has.
        allowed: u8,
    },
    /// More than i64 can count in this currency's minor units.
    #[error("must be at most {most} in {}", most.currency)]
    TooLarge {
        /// The most.
        most: Money,
    },
}

impl AmountError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Decimal(error) => error.code(),
            Self::TooManyDecimals { .. } => "too-many-decimals",
            Self::TooLarge { .. } => "too-large",
        }
    }
}

impl Money {
    /// A decimal in a currency, exactly.
    ///
    /// # Errors
    /// [`AmountError::TooManyDecimals`], [`AmountError::TooLarge`].
    pub fn of(decimal: impl Into<Decimal>, currency: Currency) -> Result<Self, AmountError> {
        let decimal: Decimal = decimal.into();
        let scale = usize::from(currency.exponent);
        let missing = scale
            .checked_sub(decimal.decimals())
            .ok_or(AmountError::TooManyDecimals { allowed: currency.exponent })?;
        let factor = u32::try_from(missing).ok().and_then(|missing| 10i64.checked_pow(missing));
        let digits = i64::try_from(decimal.digits()).ok();
        let minor = digits.zip(factor).and_then(|(digits, factor)| digits.checked_mul(factor));
        let too_large = AmountError::TooLarge { most: Self { minor: i64::MAX, currency } };
        Ok(Self { minor: minor.ok_or(too_large)?, currency })
    }

    /// Reads a positive amount from its raw decimal text, exactly.
    ///
    /// # Errors
    /// [`AmountError`], the first rule broken.
    pub fn parse_positive(text: &str, currency: Currency) -> Result<Self, AmountError> {
        Self::of(PositiveDecimal::parse(text)?, currency)
    }

    /// Reads an amount, or zero, from its raw decimal text, exactly.
    ///
    /// # Errors
    /// [`AmountError`], the first rule broken.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        Self::of(Decimal::parse(text)?, currency)
    }

    /// The same amount with the opposite sign, `None` where i64 has no such number.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(Self { minor: self.minor.checked_neg()?, ..self })
    }
}

/// The decimal text with exactly the currency's scale, without the code: `100.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.currency.exponent);
        let digits =
            format!("{:0>width$}", self.minor.unsigned_abs(), width = scale.saturating_add(1));
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn currencies_come_from_iso_4217() {
        for (code, exponent) in [("JPY", 0), ("USD", 2), ("IDR", 2), ("ETB", 2), ("KWD", 3)] {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
        }
        assert_eq!(Currency::parse("usd"), Err(CurrencyError::NotUpperCase));
        assert_eq!(Currency::parse("Usd"), Err(CurrencyError::NotUpperCase));
        for unknown in ["", "US", "USDX", "ZZZ", "XAU", "U$D", "ＵＳＤ", " USD"] {
            assert_eq!(Currency::parse(unknown), Err(CurrencyError::Unknown), "{unknown}");
        }
    }

    #[test]
    fn amounts_are_read_exactly() {
        for (text, code, minor, back) in [
            ("100.50", "USD", 10_050, "100.50"),
            ("100.5", "USD", 10_050, "100.50"),
            ("100", "USD", 10_000, "100.00"),
            ("0.01", "USD", 1, "0.01"),
            ("7", "JPY", 7, "7"),
            ("1.234", "KWD", 1_234, "1.234"),
            ("0.000000001", "USD", 0, ""),
            ("9999999999999.99", "USD", 999_999_999_999_999, "9999999999999.99"),
            ("999999999999999", "USD", 99_999_999_999_999_900, "999999999999999.00"),
        ] {
            match Money::parse_positive(text, currency(code)) {
                Ok(money) => assert_eq!((money.minor, money.to_string()), (minor, back.into())),
                Err(error) => {
                    assert_eq!(error, AmountError::TooManyDecimals { allowed: 2 }, "{text}")
                }
            }
        }
    }

    #[test]
    fn each_broken_rule_has_its_name() {
        use DecimalError::*;
        for (text, code, expected) in [
            ("", "USD", NotADecimal),
            (".5", "USD", NotADecimal),
            ("5.", "USD", NotADecimal),
            ("+5", "USD", NotADecimal),
            ("007", "USD", NotADecimal),
            ("1,000", "USD", NotADecimal),
            ("1 000", "USD", NotADecimal),
            ("--1", "USD", NotADecimal),
            ("0x10", "USD", NotADecimal),
            ("NaN", "USD", NotADecimal),
            ("e5", "USD", NotADecimal),
            ("1e", "USD", NotADecimal),
            ("١٢", "USD", NotADecimal),
            ("1e2", "USD", Exponent),
            ("1.5E+2", "USD", Exponent),
            ("-1e-2", "USD", Exponent),
            ("0", "USD", NotPositive),
            ("0.00", "USD", NotPositive),
            ("-0", "USD", NotPositive),
            ("-1", "USD", NotPositive),
            ("1234567890123456", "USD", TooManyDigits),
            ("12345678901234.56", "USD", TooManyDigits),
        ] {
            let expected = AmountError::Decimal(expected);
            assert_eq!(Money::parse_positive(text, currency(code)), Err(expected), "{text:?}");
        }
        for (text, code, allowed) in
            [("1.005", "USD", 2), ("1.000", "USD", 2), ("1.5", "JPY", 0), ("0.0001", "KWD", 3)]
        {
            let expected = AmountError::TooManyDecimals { allowed };
            assert_eq!(Money::parse_positive(text, currency(code)), Err(expected), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(minor in 1i64..=999_999_999_999_999, index in 0usize..3) {
            let currency = currency(["JPY", "USD", "KWD"][index]);
            let money = Money { minor, currency };
            prop_assert_eq!(Money::parse_positive(&money.to_string(), currency), Ok(money));
        }

        #[test]
        fn writing_never_panics(minor in any::<i64>()) {
            let text = Money { minor, currency: currency("USD") }.to_string();
            prop_assert_eq!(text.replace('.', "").parse::<i64>(), Ok(minor));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = Money::parse_positive(&text, currency("USD"));
        }
    }

    /// Four decimals leave less than fifteen digits before the point.
    #[test]
    fn the_limit_that_is_broken_is_the_one_that_is_told() {
        let unit = Currency::parse("CLF").unwrap();
        let most = Money::parse("922337203685477", unit).unwrap();
        assert_eq!(most.minor, 9_223_372_036_854_770_000);
        for text in ["922337203685478", "999999999999999"] {
            let error = Money::parse_positive(text, unit).unwrap_err();
            assert_eq!(error.code(), "too-large", "{text}");
            assert_eq!(error.to_string(), "must be at most 922337203685477.5807 in CLF");
        }
        assert_eq!(Money::parse("1000000000000000", unit), Err(DecimalError::TooManyDigits.into()));
    }

    #[test]
    fn a_withdrawn_currency_has_a_successor() {
        let successor = |code: &str| Currency::parse(code).unwrap().successor();
        for (code, by) in [
            ("HRK", Some("EUR")),
            ("SLL", Some("SLE")),
            ("ZWL", Some("ZWG")),
            ("USD", None),
            ("SLE", None),
            ("VES", None),
        ] {
            assert_eq!(successor(code), by, "{code}");
        }
    }
}
