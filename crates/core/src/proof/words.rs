//! How what is found is told: plain text for people. Money is a decimal with its currency, a time is
//! RFC 3339 in UTC, what is not there is "nothing".

use crate::Timestamp;
use crate::account::{Role, SystemAccount};
use crate::fx::AppliedRate;
use crate::id::{AccountId, PaymentId};
use crate::money::{Currency, Money};
use crate::payment::Reason;
use crate::status::Status;
use chrono::SecondsFormat;
use std::fmt;

/// A sum of amounts in one currency, in minor units; it may be more than a balance can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Minor units.
    pub minor: i128,
    /// The currency.
    pub currency: Currency,
}

impl From<Money> for Sum {
    fn from(money: Money) -> Self {
        Self { minor: money.minor.into(), currency: money.currency }
    }
}

/// The decimal text as [`Money`] has it, without the code: `100.50`.
impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.currency.exponent());
        let digits =
            format!("{:0>width$}", self.minor.unsigned_abs(), width = scale.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        let sign = if self.minor < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// What a violation can say.
pub(super) trait Told {
    fn told(&self) -> String;
}

/// Told as they are shown elsewhere.
macro_rules! told_as_shown {
    ($($type:ty),+) => {$(
        impl Told for $type {
            fn told(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

told_as_shown!(i32, i64, usize, AccountId, PaymentId, Currency, Status, Reason);

impl Told for Sum {
    fn told(&self) -> String {
        format!("{self} {}", self.currency)
    }
}

impl Told for Money {
    fn told(&self) -> String {
        format!("{self} {}", self.currency)
    }
}

impl Told for Timestamp {
    fn told(&self) -> String {
        self.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl Told for AppliedRate {
    fn told(&self) -> String {
        format!("{} {} for 1 {}", self.rate, self.rate.quote(), self.rate.base())
    }
}

impl Told for Role {
    fn told(&self) -> String {
        match self {
            Self::System(code) => code.to_string(),
            Self::Merchant(_) => "merchant".to_owned(),
            Self::Wallet(_) => "wallet".to_owned(),
        }
    }
}

/// One of the system's accounts.
impl Told for (SystemAccount, Currency) {
    fn told(&self) -> String {
        let (code, currency) = self;
        format!("{code} {currency}")
    }
}

/// What an entry does to an account.
impl Told for (AccountId, Currency, i64) {
    fn told(&self) -> String {
        let (account, currency, minor) = *self;
        format!("{} to {account}", Money { minor, currency }.told())
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(&self) -> String {
        match self.is_empty() {
            true => nothing(),
            false => self.iter().map(Told::told).collect::<Vec<_>>().join(", "),
        }
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self) -> String {
        self.as_ref().map_or_else(nothing, Told::told)
    }
}

fn nothing() -> String {
    "nothing".to_owned()
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
            let money = Money { minor, currency: Currency::parse(code).unwrap() };
            assert_eq!(Sum::from(money).to_string(), money.to_string());
        }
        let currency = Currency::parse("USD").unwrap();
        let large = Sum { minor: i128::from(i64::MAX) * 100, currency };
        assert_eq!(large.to_string(), "9223372036854775807.00");
    }

    #[test]
    fn nobody_needs_to_know_rust_to_read_it() {
        let currency = Currency::parse("USD").unwrap();
        let at = Timestamp::from_timestamp_micros(1).unwrap();
        let account = AccountId(uuid::Uuid::nil());
        assert_eq!(Some(Money { minor: -1050, currency }).told(), "-10.50 USD");
        assert_eq!(Some(at).told(), "1970-01-01T00:00:00.000001Z");
        assert_eq!((None::<i64>.told(), Some(7i32).told()), ("nothing".into(), "7".into()));
        assert_eq!(Some((SystemAccount::Bank, currency)).told(), "bank USD");
        let legs = vec![(account, currency, 5), (account, currency, -5)];
        assert_eq!(legs.told(), format!("0.05 USD to {account}, -0.05 USD to {account}"));
        assert_eq!(Vec::<(AccountId, Currency, i64)>::new().told(), "nothing");
    }
}
