//! Accounts: who holds money, in one currency each.

use crate::Timestamp;
use crate::id::{AccountId, MerchantId};
use crate::money::Currency;
use crate::status::named;
use std::fmt;
use thiserror::Error;

named! {
    /// The system's own accounts, one of each per currency. They may go below zero: what they lack
    /// is what the outside world owes or is owed.
    SystemAccount {
        /// Money taken from payers by the acquirer.
        Acquirer = "acquirer",
        /// Money that came from or went to banks.
        Bank = "bank",
        /// The counterparty of every conversion.
        FxLiquidity = "fx_liquidity",
        /// The counterparty of every opening balance.
        OpeningEquity = "opening_equity",
    }
}

/// What an account is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// One of the system's own.
    System(SystemAccount),
    /// Where a merchant's charges arrive.
    Merchant(MerchantId),
}

/// A 12-digit account number whose last digit is the Luhn check digit (ISO/IEC 7812-1 annex B) of
/// the first eleven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNumber(u64);

/// The text is not twelve digits, or the check digit does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 12 digits with a fitting check digit")]
pub struct AccountNumberError;

impl AccountNumber {
    /// Makes a number of a random one: its remainder by 10^11 and the check digit of that.
    #[must_use]
    pub fn from_random(random: u64) -> Self {
        let payload = random.checked_rem(100_000_000_000).unwrap_or(0);
        let check = luhn_check_digit(payload);
        Self(payload.saturating_mul(10).saturating_add(check))
    }

    /// Reads a number.
    ///
    /// # Errors
    /// [`AccountNumberError`] when it is not twelve digits with a fitting check digit.
    pub fn parse(text: &str) -> Result<Self, AccountNumberError> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AccountNumberError);
        }
        let (payload, check) = text.split_at_checked(11).ok_or(AccountNumberError)?;
        let number = Self::from_random(payload.parse().map_err(|_| AccountNumberError)?);
        if number.0.checked_rem(10) == check.parse().ok() {
            Ok(number)
        } else {
            Err(AccountNumberError)
        }
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// The Luhn check digit of a payload: from the right, every second digit starting with the first
/// counts double, digit sums taken.
fn luhn_check_digit(payload: u64) -> u64 {
    let digits = format!("{payload}");
    let sum = digits
        .bytes()
        .rev()
        .map(|byte| u64::from(byte.saturating_sub(b'0')))
        .enumerate()
        .map(|(place, digit)| match (place.is_multiple_of(2), digit) {
            (true, 5..) => digit.saturating_mul(2).saturating_sub(9),
            (true, _) => digit.saturating_mul(2),
            (false, _) => digit,
        })
        .fold(0u64, u64::saturating_add);
    match sum.checked_rem(10) {
        Some(rest @ 1..) => 10u64.saturating_sub(rest),
        _ => 0,
    }
}

/// An account to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id, if it does not exist yet.
    pub id: AccountId,
    /// Its number, if it does not exist yet.
    pub number: AccountNumber,
    /// The currency of all its money.
    pub currency: Currency,
    /// What it is for: with the currency, what makes it the same account.
    pub role: Role,
    /// Whether its available balance may go below zero. System accounts' may.
    pub overdraft: bool,
}

/// An account with its balances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its number.
    pub number: AccountNumber,
    /// The currency of all its money.
    pub currency: Currency,
    /// What it is for.
    pub role: Role,
    /// Whether its available balance may go below zero.
    pub overdraft: bool,
    /// The sum of its postings, minor units.
    pub posted_minor: i64,
    /// What of it is held, minor units, never negative.
    pub held_minor: i64,
    /// The `account_seq` of its last posting; 0 before the first.
    pub last_seq: i64,
    /// When its last posting was made.
    pub last_entry_at: Option<Timestamp>,
}

impl Account {
    /// What can be spent: posted − held, `None` beyond i64.
    #[must_use]
    pub fn available_minor(&self) -> Option<i64> {
        self.posted_minor.checked_sub(self.held_minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_digit_is_luhns() {
        // 7992739871 → 3 is the worked example of Luhn's US patent 2,950,048.
        assert_eq!(luhn_check_digit(7_992_739_871), 3);
        assert_eq!(AccountNumber::from_random(7_992_739_871).to_string(), "079927398713");
        assert_eq!(AccountNumber::from_random(0).to_string(), "000000000000");
    }

    proptest! {
        #[test]
        fn numbers_read_back_and_one_wrong_digit_is_caught(
            random in any::<u64>(), place in 0usize..12, by in 1u8..10
        ) {
            let text = AccountNumber::from_random(random).to_string();
            prop_assert_eq!(AccountNumber::parse(&text).unwrap().to_string(), text.clone());
            let mut digits = text.into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            prop_assert_eq!(AccountNumber::parse(std::str::from_utf8(&digits).unwrap()), Err(AccountNumberError));
        }
    }

    #[test]
    fn what_is_not_twelve_digits_is_no_number() {
        for bad in ["", "12345678901", "1234567890123", "12345678901a", "１２３４"] {
            assert_eq!(AccountNumber::parse(bad), Err(AccountNumberError), "{bad}");
        }
    }
}
