//! Rows of `accounts`.

use super::read::{Broken, currency, id, label, metadata, optional_time, read, shown, time};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use paygate_core::account::{Account, AccountNumber, AccountRecord, Alias, Role, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::identity::Owner;
use paygate_ports::StoreError;

/// A row of `accounts`.
#[derive(QueryableByName)]
pub(crate) struct AccountRow {
    #[diesel(sql_type = Binary)]
    pub(crate) id: Vec<u8>,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<Text>)]
    system_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    owner: Option<String>,
    #[diesel(sql_type = Bool)]
    for_charges: bool,
    #[diesel(sql_type = BigInt)]
    posted_minor: i64,
    #[diesel(sql_type = BigInt)]
    held_minor: i64,
    #[diesel(sql_type = Bool)]
    overdraft: bool,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_entry_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    alias: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    metadata: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) request_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    closed_at: Option<i64>,
}

/// What [`AccountRow`] selects of `accounts AS a`.
macro_rules! account_columns {
    () => {
        "a.id, a.number, a.currency, a.system_code, a.owner, a.for_charges, a.posted_minor, \
         a.held_minor, a.overdraft, a.last_seq, a.last_entry_at, a.created_at, a.name, a.alias, a.metadata, \
         a.request_hash, a.closed_at"
    };
}
pub(crate) use account_columns;

impl AccountRow {
    fn account(&self) -> Result<Account, Broken> {
        let owner = self.owner.as_deref();
        let owner = owner.map(|text| read("owner", text, Owner::parse(text))).transpose()?;
        let role = match (&self.system_code, owner, self.for_charges) {
            (Some(code), None, _) => SystemAccount::parse(code).map(Role::System),
            (None, Some(Owner::Merchant(merchant)), true) => Some(Role::Merchant(merchant)),
            (None, Some(owner), false) => Some(Role::Wallet(owner)),
            (None, Some(Owner::User(_)), true) | (None, None, _) | (Some(_), Some(_), _) => None,
        };
        let found = self.system_code.as_deref().unwrap_or("not there");
        Ok(Account {
            id: AccountId(id("id", &self.id)?),
            number: read("number", &self.number, AccountNumber::parse(&self.number).ok())?,
            currency: currency("currency", &self.currency)?,
            role: read("system_code", found, role)?,
            overdraft: self.overdraft,
            closed: self.closed_at.is_some(),
            posted_minor: self.posted_minor,
            held_minor: self.held_minor,
            last_seq: self.last_seq,
            last_entry_at: optional_time("last_entry_at", self.last_entry_at)?,
        })
    }

    fn record(&self) -> Result<AccountRecord, Broken> {
        let alias = self.alias.as_deref();
        let alias = alias.map(|text| read("alias", text, Alias::parse(text).ok())).transpose()?;
        Ok(AccountRecord {
            account: self.account()?,
            name: label("name", self.name.as_deref())?,
            alias,
            metadata: metadata(self.metadata.as_deref())?,
            created_at: time("created_at", self.created_at)?,
            closed_at: optional_time("closed_at", self.closed_at)?,
        })
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;
    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        row.account().map_err(|broken| broken.in_row("accounts", shown(&row.id)))
    }
}

impl TryFrom<AccountRow> for AccountRecord {
    type Error = StoreError;
    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        row.record().map_err(|broken| broken.in_row("accounts", shown(&row.id)))
    }
}
