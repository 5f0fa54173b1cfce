//! Accounts as they go out.

use crate::wire::{Unwritable, metadata, number, time};
use paygate_core::account::{AccountRecord, Alias, Role};
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::text::Label;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody<'a> {
    #[serde(flatten)]
    who: PartyBody<'a>,
    #[schema(example = "USD")]
    currency: &'static str,
    /// The sum of its entries: an exact decimal with as many decimals as the currency has.
    #[schema(value_type = f64, format = "decimal", example = 100.5)]
    posted: Box<RawValue>,
    /// What of it is held for payments that wait.
    #[schema(value_type = f64, format = "decimal", example = 0.5)]
    held: Box<RawValue>,
    /// What can be spent: posted less held.
    #[schema(value_type = f64, format = "decimal", example = 100.0)]
    available: Box<RawValue>,
    /// Whether its available balance may go below zero.
    overdraft: bool,
    /// `open` or `closed`.
    #[schema(example = "open")]
    status: &'static str,
    /// What you attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<&'a RawValue>,
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    closed_at: Option<String>,
}

/// Who an account is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Party)]
pub struct PartyBody<'a> {
    #[schema(format = Uuid)]
    id: String,
    /// Twelve digits, the last of them a check digit.
    #[schema(example = "079927398713")]
    number: String,
    /// Your name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice", nullable = false)]
    alias: Option<&'a str>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice Example", nullable = false)]
    name: Option<&'a str>,
    /// `wallet`, `merchant`, or what it is to the system: `acquirer`, `bank`, `fx_liquidity`,
    /// `opening_equity`.
    #[schema(example = "wallet")]
    role: &'static str,
}

impl<'a> PartyBody<'a> {
    /// Who it is.
    #[must_use]
    pub fn of(record: &'a AccountRecord) -> Self {
        Self {
            id: record.account.id.to_string(),
            number: record.account.number.to_string(),
            alias: record.alias.as_ref().map(Alias::as_str),
            name: record.name.as_ref().map(Label::as_str),
            role: role(&record.account.role),
        }
    }
}

/// What an account is for, on the wire.
#[must_use]
pub fn role(role: &Role) -> &'static str {
    match role {
        Role::System(code) => code.as_str(),
        Role::Merchant(_) => "merchant",
        Role::Wallet => "wallet",
    }
}

impl<'a> AccountBody<'a> {
    /// An account as it goes out.
    ///
    /// # Errors
    /// [`Unwritable`] if the stored metadata is no JSON.
    pub fn of(record: &'a AccountRecord) -> Result<Self, Unwritable> {
        let account = &record.account;
        let currency = account.currency;
        let amount = |minor: i64| number(Money { minor, currency });
        Ok(Self {
            who: PartyBody::of(record),
            currency: currency.code(),
            posted: amount(account.posted_minor)?,
            held: amount(account.held_minor)?,
            available: number(available(record))?,
            overdraft: account.overdraft,
            status: status(record),
            metadata: metadata(record.metadata.as_ref())?,
            created_at: time(record.created_at),
            closed_at: record.closed_at.map(time),
        })
    }
}

/// What can be spent of an account.
#[must_use]
pub fn available(record: &AccountRecord) -> Sum {
    let account = &record.account;
    let minor = i128::from(account.posted_minor).saturating_sub(account.held_minor.into());
    Sum { minor, currency: account.currency }
}

/// `open` or `closed`.
#[must_use]
pub fn status(record: &AccountRecord) -> &'static str {
    if record.account.closed { "closed" } else { "open" }
}

/// A page of accounts, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountPage)]
pub struct PageBody<'a> {
    /// At most as many as were asked for.
    pub items: Vec<AccountBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(format = Uuid, required = true)]
    pub next_cursor: Option<String>,
}

/// Some accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accounts)]
pub struct AccountsBody<'a> {
    /// In no order.
    pub items: Vec<AccountBody<'a>>,
}

impl<'a> AccountsBody<'a> {
    /// Accounts as they go out.
    ///
    /// # Errors
    /// As [`AccountBody::of`].
    pub fn of(records: impl IntoIterator<Item = &'a AccountRecord>) -> Result<Self, Unwritable> {
        let items = records.into_iter().map(AccountBody::of).collect::<Result<_, _>>()?;
        Ok(Self { items })
    }
}
