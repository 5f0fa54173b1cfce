//! Accounts, and what they are called.

use super::read::corrupt;
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use paygate_core::account::{Account, AccountNumber, AccountRecord, Alias, Role, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::identity::Owner;
use paygate_core::money::Currency;
use paygate_core::text::{Label, Metadata};
use paygate_ports::StoreError;
use uuid::Uuid;

/// The columns of [`AccountRow`], in its order. `a` is the table.
macro_rules! account_columns {
    () => {
        "a.id, a.number, a.currency, a.system_code, a.owner, a.for_charges, a.overdraft, \
         a.posted_minor, a.held_minor, a.last_seq, a.last_entry_at, a.closed_at"
    };
}
pub(crate) use account_columns;

/// The SQL types of [`AccountRow`].
pub(crate) type AccountTypes = (
    SqlUuid,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Bool,
    BigInt,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);

/// An account.
#[derive(Queryable)]
pub(crate) struct AccountRow {
    pub(crate) id: Uuid,
    number: String,
    currency: String,
    system_code: Option<String>,
    owner: Option<String>,
    for_charges: bool,
    overdraft: bool,
    posted_minor: i64,
    held_minor: i64,
    last_seq: i64,
    last_entry_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let bad = |what: &str| corrupt("accounts", row.id, what);
        let owner = row.owner.map(|owner| Owner::parse(&owner).ok_or_else(|| bad("unknown owner")));
        let role = match (row.system_code.as_deref(), owner.transpose()?, row.for_charges) {
            (Some(code), None, _) => {
                Role::System(SystemAccount::parse(code).ok_or_else(|| bad("unknown system_code"))?)
            }
            (None, Some(Owner::Merchant(merchant)), true) => Role::Merchant(merchant),
            (None, Some(Owner::User(_)), true) => return Err(bad("a user's for charges")),
            (None, Some(owner), false) => Role::Wallet(owner),
            (None, None, _) => return Err(bad("nobody's")),
            (Some(_), Some(_), _) => return Err(bad("two owners")),
        };
        Ok(Self {
            id: AccountId(row.id),
            number: AccountNumber::parse(&row.number).map_err(|_| bad("number does not check"))?,
            currency: Currency::parse(&row.currency).map_err(|_| bad("unknown currency"))?,
            role,
            overdraft: row.overdraft,
            closed: row.closed_at.is_some(),
            posted_minor: row.posted_minor,
            held_minor: row.held_minor,
            last_seq: row.last_seq,
            last_entry_at: row.last_entry_at,
        })
    }
}

/// The columns of [`NamesRow`], in its order. `a` is the table.
macro_rules! names_columns {
    () => {
        "a.name, a.alias, a.metadata, a.created_at"
    };
}
pub(crate) use names_columns;

/// The SQL types of [`NamesRow`].
pub(crate) type NamesTypes = (Nullable<Text>, Nullable<Text>, Nullable<Text>, Timestamptz);

/// What an account is called.
#[derive(Queryable)]
pub(crate) struct NamesRow {
    name: Option<String>,
    alias: Option<String>,
    metadata: Option<String>,
    created_at: DateTime<Utc>,
}

/// The whole of an account.
pub(crate) fn account_record(
    (account, names): (AccountRow, NamesRow),
) -> Result<AccountRecord, StoreError> {
    let (id, closed_at) = (account.id, account.closed_at);
    let bad = |what: &str| corrupt("accounts", id, what);
    let account = Account::try_from(account)?;
    let name = names.name.map(|text| Label::parse(&text)).transpose();
    let alias = names.alias.map(|text| Alias::parse(&text)).transpose();
    let metadata = names.metadata.map(|json| Metadata::parse(&json)).transpose();
    Ok(AccountRecord {
        account,
        name: name.map_err(|_| bad("name breaks its rule"))?,
        alias: alias.map_err(|_| bad("alias breaks its rule"))?,
        metadata: metadata.map_err(|_| bad("metadata breaks its rule"))?,
        created_at: names.created_at,
        closed_at,
    })
}
