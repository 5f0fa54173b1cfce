//! Risk: the rules that an amount must pass before it is accepted, each with a named outcome.

use crate::money::Money;
use thiserror::Error;

/// The least and the most that may be moved at once, both inclusive, in the one reference currency
/// in which payments of all currencies are compared (IDR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The least.
    pub min: Money,
    /// The most.
    pub max: Money,
}

/// Which limit an amount breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitBroken {
    /// It is less than the least.
    #[error("the amount is below the limit")]
    BelowMin,
    /// It is more than the most.
    #[error("the amount is above the limit")]
    AboveMax,
}

impl Limits {
    /// Checks an amount that was converted to the reference currency. One in another currency
    /// can't be compared and counts as too much, so that no mistake lets it pass.
    ///
    /// # Errors
    /// [`LimitBroken`], the limit it breaks.
    pub fn check(&self, reference: Money) -> Result<(), LimitBroken> {
        let at_most =
            |less: Money, more: Money| less.currency == more.currency && less.minor <= more.minor;
        if !at_most(reference, self.max) {
            return Err(LimitBroken::AboveMax);
        }
        if !at_most(self.min, reference) {
            return Err(LimitBroken::BelowMin);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn money(minor: i64, code: &str) -> Money {
        Money { minor, currency: Currency::parse(code).unwrap() }
    }

    /// 1,000 to 10,000,000 rupiah.
    fn limits() -> Limits {
        Limits { min: money(100_000, "IDR"), max: money(1_000_000_000, "IDR") }
    }

    #[test]
    fn both_limits_are_inclusive() {
        let limits = limits();
        // In minor units: IDR has two decimals.
        for (minor, expected) in [
            (i64::MIN, Err(LimitBroken::BelowMin)),
            (0, Err(LimitBroken::BelowMin)),
            (99_900, Err(LimitBroken::BelowMin)),
            (99_999, Err(LimitBroken::BelowMin)),
            (100_000, Ok(())),
            (1_000_000_000, Ok(())),
            (1_000_000_001, Err(LimitBroken::AboveMax)),
            (1_000_000_100, Err(LimitBroken::AboveMax)),
            (i64::MAX, Err(LimitBroken::AboveMax)),
        ] {
            assert_eq!(limits.check(money(minor, "IDR")), expected, "{minor}");
        }
    }

    #[test]
    fn an_amount_in_another_currency_does_not_pass() {
        let limits = limits();
        assert_eq!(limits.check(money(100_000, "USD")), Err(LimitBroken::AboveMax));
    }
}
