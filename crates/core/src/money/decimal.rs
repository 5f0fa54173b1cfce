//! Decimals as they are written, before it is known what they are of. What keeps the rules here is
//! an amount of some currency; how many decimals that has is not asked yet.

use std::fmt;
use thiserror::Error;

/// The most significant digits an amount may have on the wire (what a JSON reader that uses IEEE
/// 754 doubles still carries exactly, RFC 8259 section 6).
pub const MAX_SIGNIFICANT_DIGITS: usize = 15;

/// Why a text is no decimal that an amount may be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not digits with at most one point between them.
    #[error("must be a plain decimal number such as 100.50")]
    NotADecimal,
    /// Scientific notation.
    #[error("must be written without an exponent")]
    Exponent,
    /// More than [`MAX_SIGNIFICANT_DIGITS`].
    #[error("must have at most {MAX_SIGNIFICANT_DIGITS} significant digits")]
    TooManyDigits,
    /// Zero or below.
    #[error("must be greater than zero")]
    NotPositive,
    /// Below zero.
    #[error("must not be below zero")]
    Negative,
}

impl DecimalError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotADecimal => "not-a-decimal",
            Self::Exponent => "exponent-not-allowed",
            Self::TooManyDigits => "too-many-digits",
            Self::NotPositive => "not-positive",
            Self::Negative => "negative",
        }
    }
}

/// A decimal that is not below zero, of at most [`MAX_SIGNIFICANT_DIGITS`]. `1.50` has other decimals
/// than `1.5`; which of them a currency has, is told by how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u64,
    decimals: usize,
}

/// A [`Decimal`] above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositiveDecimal(Decimal);

impl Decimal {
    /// Reads a decimal from its raw text, exactly.
    ///
    /// # Errors
    /// [`DecimalError`], the first rule broken.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        Written::parse(text)?.decimal()
    }

    /// All its digits as one number: 150 of `1.50`.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.digits
    }

    /// How many of the digits stand behind the point.
    #[must_use]
    pub fn decimals(self) -> usize {
        self.decimals
    }
}

impl PositiveDecimal {
    /// Reads a decimal above zero from its raw text, exactly.
    ///
    /// # Errors
    /// [`DecimalError`], the first rule broken.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let written = Written::parse(text)?;
        if written.negative || written.is_zero() {
            return Err(DecimalError::NotPositive);
        }
        written.decimal().map(Self)
    }
}

impl From<PositiveDecimal> for Decimal {
    fn from(positive: PositiveDecimal) -> Self {
        positive.0
    }
}

/// The shortest text of the same number: `100.5`, however many zeros were written behind it.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.decimals.saturating_add(1);
        let text = format!("{:0>width$}", self.digits);
        let (whole, fraction) = text.split_at(text.len().saturating_sub(self.decimals));
        match fraction.trim_end_matches('0') {
            "" => f.write_str(whole),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

/// As [`Decimal`].
impl fmt::Display for PositiveDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A decimal's parts: sign, digits before the point, digits after it.
struct Written<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Written<'a> {
    /// Splits a decimal in JSON's number grammar (RFC 8259 section 6) less the exponent.
    fn parse(text: &'a str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotADecimal),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if all_digits(whole) && all_digits(fraction) && !whole.is_empty() && !leading_zero {
            return Ok(Self { negative, whole, fraction });
        }
        let mantissa_then_exponent = |(mantissa, exponent): (&str, &str)| {
            Written::parse(mantissa).is_ok()
                && !exponent.is_empty()
                && all_digits(exponent.trim_start_matches(['+', '-']))
        };
        if text.split_once(['e', 'E']).is_some_and(mantissa_then_exponent) {
            return Err(DecimalError::Exponent);
        }
        Err(DecimalError::NotADecimal)
    }

    fn is_zero(&self) -> bool {
        self.significant().is_empty()
    }

    /// The digits from the first that is not zero.
    fn significant(&self) -> String {
        format!("{}{}", self.whole, self.fraction).trim_start_matches('0').to_owned()
    }

    fn decimal(&self) -> Result<Decimal, DecimalError> {
        if self.negative {
            return Err(DecimalError::Negative);
        }
        let significant = self.significant();
        if significant.len() > MAX_SIGNIFICANT_DIGITS {
            return Err(DecimalError::TooManyDigits);
        }
        // Fifteen digits fit, and no digit is nothing.
        let digits = significant.parse().unwrap_or(0);
        Ok(Decimal { digits, decimals: self.fraction.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_written_is_kept_and_shown_without_its_zeros() {
        for (text, digits, decimals, shown) in [
            ("100", 100, 0, "100"),
            ("100.0", 1_000, 1, "100"),
            ("100.50", 10_050, 2, "100.5"),
            ("0.10", 10, 2, "0.1"),
            ("0.001", 1, 3, "0.001"),
            ("1000.00", 100_000, 2, "1000"),
            ("10", 10, 0, "10"),
            ("0", 0, 0, "0"),
            ("0.000", 0, 3, "0"),
            ("999999999999999", 999_999_999_999_999, 0, "999999999999999"),
        ] {
            let decimal = Decimal::parse(text).unwrap();
            assert_eq!((decimal.digits(), decimal.decimals()), (digits, decimals), "{text}");
            assert_eq!(decimal.to_string(), shown);
            let positive = PositiveDecimal::parse(text);
            assert_eq!(positive.is_ok(), digits > 0, "{text}");
        }
    }

    #[test]
    fn each_broken_rule_has_its_name() {
        use DecimalError::*;
        for (text, of_any, of_positive) in [
            ("", NotADecimal, NotADecimal),
            (".5", NotADecimal, NotADecimal),
            ("5.", NotADecimal, NotADecimal),
            ("-", NotADecimal, NotADecimal),
            ("007", NotADecimal, NotADecimal),
            ("1e2", Exponent, Exponent),
            ("-1e-2", Exponent, Exponent),
            ("-0", Negative, NotPositive),
            ("-1", Negative, NotPositive),
            ("1234567890123456", TooManyDigits, TooManyDigits),
            ("1.000000000000000", TooManyDigits, TooManyDigits),
            ("-1234567890123456", Negative, NotPositive),
        ] {
            assert_eq!(Decimal::parse(text), Err(of_any), "{text:?}");
            assert_eq!(PositiveDecimal::parse(text), Err(of_positive), "{text:?}");
        }
        assert_eq!(PositiveDecimal::parse("0.00"), Err(NotPositive));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(digits in 0u64..1_000_000_000_000_000, decimals in 0usize..30) {
            let shown = Decimal { digits, decimals }.to_string();
            let back = Decimal::parse(&shown).unwrap();
            prop_assert_eq!(back.to_string(), shown);
            let scaled = |it: Decimal| u128::from(it.digits) * 10u128.pow(30 - it.decimals as u32);
            if digits < 1_000_000 {
                prop_assert_eq!(scaled(back), scaled(Decimal { digits, decimals }));
            }
        }
    }
}
