//! Accounts: who holds money, in one currency each.

pub mod headroom;
pub(crate) mod system;

pub use system::SystemAccount;

use crate::Timestamp;
use crate::id::AccountId;
use crate::identity::{KeyHash, MerchantId, Owner, RequestHash};
use crate::money::Currency;
use crate::text::{Label, Metadata};
use std::fmt;
use thiserror::Error;

/// What an account is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// One of the system's own.
    System(SystemAccount),
    /// Where a merchant's charges arrive.
    Merchant(MerchantId),
    /// Its owner's, opened on request.
    Wallet(Owner),
}

impl Role {
    /// Whose it is; nobody's but the house's, if `None`.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::System(_) => None,
            Self::Merchant(id) => Some(Owner::Merchant(id.clone())),
            Self::Wallet(owner) => Some(owner.clone()),
        }
    }

    /// Whether clients may name the account in a transfer: not the system's own.
    #[must_use]
    pub fn may_transfer(&self) -> bool {
        match self {
            Self::System(_) => false,
            Self::Merchant(_) | Self::Wallet(_) => true,
        }
    }
}

/// A client's name for an account: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit,
/// and neither an id nor a number, so that every text names an account in one way only, and each can
/// stand in a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(String);

/// The text is no alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be 1 to 64 of A-Z a-z 0-9 . _ -, begin with a letter or digit, and be neither an account id nor twelve digits"
)]
pub struct AliasError;

impl Alias {
    /// The longest alias, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Reads an alias.
    ///
    /// # Errors
    /// [`AliasError`] when it breaks the rule above.
    pub fn parse(text: &str) -> Result<Self, AliasError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let like_a_number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        let fits = begins && text.len() <= Self::MAX_CHARS && text.bytes().all(allowed);
        if fits && !like_a_number && text.parse::<AccountId>().is_err() {
            Ok(Self(text.to_owned()))
        } else {
            Err(AliasError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One of the three ways to name an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRef {
    /// By its id.
    Id(AccountId),
    /// By its number.
    Number(AccountNumber),
    /// By its alias.
    Alias(Alias),
}

/// A name of an account, and for an alias among whose accounts it is one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKey {
    /// By its id.
    Id(AccountId),
    /// By its number.
    Number(AccountNumber),
    /// By its alias.
    Alias(Owner, Alias),
}

/// The text can't name any account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an account's id, its 12-digit number or its alias")]
pub struct AccountRefError;

impl AccountRef {
    /// What it names for somebody who acts for that owner.
    #[must_use]
    pub fn among(self, owner: Owner) -> AccountKey {
        match self {
            Self::Id(id) => AccountKey::Id(id),
            Self::Number(number) => AccountKey::Number(number),
            Self::Alias(alias) => AccountKey::Alias(owner, alias),
        }
    }

    /// Reads the name of an account.
    ///
    /// # Errors
    /// [`AccountRefError`] when it is neither an id, nor a number with a fitting check digit, nor
    /// could be an alias.
    pub fn parse(text: &str) -> Result<Self, AccountRefError> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        if let Ok(number) = AccountNumber::parse(text) {
            return Ok(Self::Number(number));
        }
        Alias::parse(text).map(Self::Alias).map_err(|_| AccountRefError)
    }
}

/// The text that it is read from; an id's hexadecimal digits in lower case.
impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Alias(alias) => f.write_str(alias.as_str()),
        }
    }
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

/// A wallet to be opened on request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWallet {
    /// A fresh UUIDv7.
    pub id: AccountId,
    /// A random number.
    pub number: AccountNumber,
    /// The currency of all its money.
    pub currency: Currency,
    /// Whether its available balance may go below zero.
    pub overdraft: bool,
    /// Whose it is.
    pub owner: Owner,
    /// Whose it is, for people.
    pub name: Option<Label>,
    /// The owner's name for it; unique among the owner's.
    pub alias: Option<Alias>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
    /// The client's key, if it sent one.
    pub key: Option<KeyHash>,
    /// What tells a repeated request from another one under the same key or alias.
    pub hash: RequestHash,
}

/// An account with what it is called: what readers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its state.
    pub account: Account,
    /// Whose it is, for people.
    pub name: Option<Label>,
    /// The client's name for it.
    pub alias: Option<Alias>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// Why an account can't be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotClosable {
    /// It is the system's or a merchant's, which payments rely on.
    #[error("only wallets can be closed")]
    NotAWallet,
    /// Its balance is not zero.
    #[error("its balance is not zero")]
    NotEmpty,
    /// Something of it is held.
    #[error("something of it is held")]
    Held,
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
    /// Whether it is closed: nothing is posted to it any more.
    pub closed: bool,
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
    /// Whether it may be closed now. One that is closed already may, too: nothing changes.
    ///
    /// # Errors
    /// [`NotClosable`], the first reason.
    pub fn closable(&self) -> Result<(), NotClosable> {
        match self {
            Self { role: Role::System(_) | Role::Merchant(_), .. } => Err(NotClosable::NotAWallet),
            Self { posted_minor, .. } if *posted_minor != 0 => Err(NotClosable::NotEmpty),
            Self { held_minor, .. } if *held_minor != 0 => Err(NotClosable::Held),
            _ => Ok(()),
        }
    }

    /// What can be spent: posted − held, `None` beyond i64.
    #[must_use]
    pub fn available_minor(&self) -> Option<i64> {
        self.posted_minor.checked_sub(self.held_minor)
    }
}

#[cfg(test)]
mod tests;
