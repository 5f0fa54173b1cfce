//! How often the simulated acquirer declines at random: parts per million, read exactly from
//! decimal text. The draw is a pure function of seed and key, so that a run can be replayed.

use paygate_core::id::PaymentId;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

const MILLION: u32 = 1_000_000;
const DECIMALS: usize = 6;

/// A share of the authorizations and refunds, from none (the default) to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailRate {
    parts_per_million: u32,
}

/// The text is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a decimal from 0 to 1 with at most {DECIMALS} decimals, such as 0.02")]
pub struct FailRateError;

impl FailRate {
    /// The rate in parts per million.
    #[must_use]
    pub fn parts_per_million(self) -> u32 {
        self.parts_per_million
    }

    /// Whether what is asked under `key` is one of those to decline.
    pub(crate) fn hits(self, seed: u64, key: PaymentId) -> bool {
        let (high, low) = key.0.as_u64_pair();
        let drawn = mix(mix(mix(seed) ^ high) ^ low) % u64::from(MILLION);
        drawn < u64::from(self.parts_per_million)
    }
}

/// The output function of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014). The standard library's hashers may change between releases; this may not.
fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl FromStr for FailRate {
    type Err = FailRateError;

    fn from_str(text: &str) -> Result<Self, FailRateError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(FailRateError),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !matches!(whole, "0" | "1") || fraction.len() > DECIMALS || !digits(fraction) {
            return Err(FailRateError);
        }
        let parts = format!("{whole}{fraction:0<DECIMALS$}");
        match parts.parse() {
            Ok(parts_per_million) if parts_per_million <= MILLION => Ok(Self { parts_per_million }),
            _ => Err(FailRateError),
        }
    }
}

/// The shortest decimal text: `0.02`.
impl fmt::Display for FailRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.parts_per_million / MILLION;
        let fraction = format!("{:0>DECIMALS$}", self.parts_per_million % MILLION);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_exactly_and_written_back() {
        for (text, parts, back) in [
            ("0", 0, "0"),
            ("0.0", 0, "0"),
            ("0.02", 20_000, "0.02"),
            ("0.000001", 1, "0.000001"),
            ("0.5", 500_000, "0.5"),
            ("1", 1_000_000, "1"),
            ("1.000000", 1_000_000, "1"),
        ] {
            let rate: FailRate = text.parse().unwrap();
            assert_eq!((rate.parts_per_million(), rate.to_string().as_str()), (parts, back));
        }
        for text in
            ["", ".5", "1.", "0.", "1.000001", "2", "-0.1", "0.0000001", "2%", "1e-2", "NaN"]
        {
            assert_eq!(text.parse::<FailRate>(), Err(FailRateError), "{text:?}");
        }
    }

    #[test]
    fn none_and_all_have_no_exceptions() {
        let all: FailRate = "1".parse().unwrap();
        for n in 0..1000u128 {
            let key = PaymentId(uuid::Uuid::from_u128(n));
            assert!(all.hits(7, key));
            assert!(!FailRate::default().hits(7, key));
        }
    }

    #[test]
    fn the_draw_is_the_same_in_every_release() {
        let rate: FailRate = "0.1".parse().unwrap();
        let hits = |seed| {
            (0..40u128)
                .filter(|n| rate.hits(seed, PaymentId(uuid::Uuid::from_u128(*n))))
                .collect::<Vec<_>>()
        };
        assert_eq!(hits(1), [12, 13, 19, 27, 34, 38]);
        assert_eq!(hits(2), [1, 8, 32, 36]);
    }
}
