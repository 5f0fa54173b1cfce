//! Accounts as they go out.

use crate::schema::{
    AccountNumberSchema, AliasSchema, CurrencySchema, CursorSchema, DecimalSchema, LabelSchema,
    MetadataSchema, TimeSchema,
};
use crate::value::{Unwritable, metadata, number, time};
use paygate_core::Timestamp;
use paygate_core::account::{AccountRecord, Alias, Role};
use paygate_core::id::AccountId;
use paygate_core::money::Money;
use paygate_core::proof::Sum;
use paygate_core::statement::Counterparty;
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
    #[schema(value_type = CurrencySchema)]
    currency: &'static str,
    /// The sum of its entries: an exact decimal with as many decimals as the currency has.
    #[schema(value_type = DecimalSchema)]
    posted: Box<RawValue>,
    /// What of it is held for payments that wait.
    #[schema(value_type = DecimalSchema)]
    held: Box<RawValue>,
    /// What can be spent: posted less held.
    #[schema(value_type = DecimalSchema)]
    available: Box<RawValue>,
    /// Whether its available balance may go below zero.
    overdraft: bool,
    /// `open` or `closed`.
    #[schema(example = "open")]
    status: &'static str,
    /// What you attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MetadataSchema>, nullable = false)]
    metadata: Option<&'a RawValue>,
    #[schema(value_type = TimeSchema)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    closed_at: Option<String>,
}

/// Who an account is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Party)]
pub struct PartyBody<'a> {
    #[schema(format = Uuid)]
    id: String,
    /// Twelve digits, the last of them a check digit.
    #[schema(value_type = AccountNumberSchema)]
    number: String,
    /// Your name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AliasSchema>, nullable = false)]
    alias: Option<&'a str>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LabelSchema>, nullable = false)]
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

/// Who the other account of a payment is; of one that is not yours to see, its id alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counterparty)]
pub struct CounterpartyBody<'a> {
    #[schema(format = Uuid)]
    id: String,
    /// Twelve digits, the last of them a check digit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AccountNumberSchema>, nullable = false)]
    number: Option<String>,
    /// Your name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AliasSchema>, nullable = false)]
    alias: Option<&'a str>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LabelSchema>, nullable = false)]
    name: Option<&'a str>,
    /// `wallet`, `merchant`, or what it is to the system: `acquirer`, `bank`, `fx_liquidity`,
    /// `opening_equity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wallet", nullable = false)]
    role: Option<&'static str>,
}

impl<'a> CounterpartyBody<'a> {
    /// Who it is.
    #[must_use]
    pub fn of(counterparty: &'a Counterparty) -> Self {
        let seen = counterparty.seen();
        Self {
            id: counterparty.id().to_string(),
            number: seen.map(|it| it.account.number.to_string()),
            alias: seen.and_then(|it| it.alias.as_ref()).map(Alias::as_str),
            name: seen.and_then(|it| it.name.as_ref()).map(Label::as_str),
            role: seen.map(|it| role(&it.account.role)),
        }
    }
}

/// What an account is for, on the wire.
#[must_use]
pub fn role(role: &Role) -> &'static str {
    match role {
        Role::System(code) => code.as_str(),
        Role::Merchant(_) => "merchant",
        Role::Wallet(_) => "wallet",
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
pub struct AccountPageBody<'a> {
    /// At most as many as were asked for.
    items: Vec<AccountBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(value_type = Option<CursorSchema>, required = true)]
    next_cursor: Option<String>,
}

impl<'a> AccountPageBody<'a> {
    /// A page as it goes out; `next` is where the next one starts.
    ///
    /// # Errors
    /// As [`AccountBody::of`].
    pub fn of(items: &'a [AccountRecord], next: Option<AccountId>) -> Result<Self, Unwritable> {
        let items = items.iter().map(AccountBody::of).collect::<Result<_, _>>()?;
        Ok(Self { items, next_cursor: next.map(|id| id.to_string()) })
    }
}

/// Some accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accounts)]
pub struct AccountsBody<'a> {
    /// In no order.
    items: Vec<AccountBody<'a>>,
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

/// A balance, now or at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceBody {
    #[schema(format = Uuid)]
    account_id: String,
    #[schema(value_type = CurrencySchema)]
    currency: &'static str,
    /// The moment that was asked for; absent if the balance is that of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    at: Option<String>,
    /// The sum of its entries up to then.
    #[schema(value_type = DecimalSchema)]
    posted: Box<RawValue>,
    /// What of it is held; only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecimalSchema>, nullable = false)]
    held: Option<Box<RawValue>>,
    /// What can be spent; only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecimalSchema>, nullable = false)]
    available: Option<Box<RawValue>>,
}

impl BalanceBody {
    /// The balance of now.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn now(record: &AccountRecord) -> Result<Self, Unwritable> {
        let amount = |minor: i64| Money { minor, currency: record.account.currency };
        Ok(Self {
            held: Some(number(amount(record.account.held_minor))?),
            available: Some(number(available(record))?),
            ..Self::posted(record, None, amount(record.account.posted_minor))?
        })
    }

    /// The balance at the end of a moment.
    ///
    /// # Errors
    /// As [`BalanceBody::now`].
    pub fn at(record: &AccountRecord, at: Timestamp, posted: Money) -> Result<Self, Unwritable> {
        Self::posted(record, Some(at), posted)
    }

    fn posted(
        record: &AccountRecord,
        at: Option<Timestamp>,
        posted: Money,
    ) -> Result<Self, Unwritable> {
        Ok(Self {
            account_id: record.account.id.to_string(),
            currency: record.account.currency.code(),
            at: at.map(time),
            posted: number(posted)?,
            held: None,
            available: None,
        })
    }
}
