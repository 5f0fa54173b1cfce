//! Accounts: opened once per role and currency, read one by one and for a book.

use crate::rows::{Broken, id, money, read, shown, time};
use crate::statement::{hex, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::account::{Account, AccountNumber, NewAccount, Role, SystemAccount};
use paygate_core::id::{AccountId, MerchantId};
use paygate_ports::{AccountStore, StoreError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

// No target: it is also the same account if id and number are those of the first time, and then
// which rule is met first is SQLite's choice. Who is not found afterwards was refused by another.
const INSERT: &str = "\
    INSERT INTO accounts (id, number, currency, system_code, merchant_id, overdraft, created_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ? \
    FROM json_each(?) WHERE true \
    ON CONFLICT DO NOTHING";

const SELECT_BY_ROLE: &str = "\
    SELECT a.* FROM json_each(?) AS wanted CROSS JOIN accounts AS a \
    ON a.system_code = wanted.value ->> 3 AND a.currency = wanted.value ->> 2 \
    UNION ALL \
    SELECT a.* FROM json_each(?) AS wanted CROSS JOIN accounts AS a \
    ON a.merchant_id = wanted.value ->> 4 AND a.currency = wanted.value ->> 2";

const SELECT_BY_ID: &str = "\
    SELECT * FROM accounts WHERE id IN (SELECT unhex(value) FROM json_each(?))";

#[async_trait]
impl AccountStore for SqliteStore {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        self.write(move |connection, now| {
            let rows: Vec<Value> = accounts.iter().map(row).collect();
            statement(INSERT).time(now).list(rows.clone()).run(connection)?;
            let found = statement(SELECT_BY_ROLE).list(rows.clone()).list(rows);
            let found: Vec<AccountRow> = found.rows(connection)?;
            let found = found.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
            let by_role: BTreeMap<_, _> = found
                .into_iter()
                .map(|account| ((account.role.clone(), account.currency), account))
                .collect();
            accounts
                .into_iter()
                .map(|new| {
                    let taken = format!("id {} or number {} is taken", new.id, new.number);
                    let found = by_role.get(&(new.role, new.currency)).cloned();
                    found.ok_or(StoreError::Refused(taken))
                })
                .collect()
        })
        .await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(move |connection| Ok(load(connection, &BTreeSet::from([id]))?.pop())).await
    }
}

fn row(new: &NewAccount) -> Value {
    let (system_code, merchant) = match &new.role {
        Role::System(code) => (Some(code.as_str()), None),
        Role::Merchant(merchant) => (None, Some(merchant.0.as_str())),
    };
    let number = new.number.to_string();
    json!([
        hex(new.id.0),
        number,
        new.currency.code(),
        system_code,
        merchant,
        i64::from(new.overdraft)
    ])
}

/// The accounts with these ids, as far as they exist.
pub(crate) fn load(
    connection: &mut SqliteConnection,
    ids: &BTreeSet<AccountId>,
) -> Result<Vec<Account>, StoreError> {
    let rows = statement(SELECT_BY_ID).ids(ids.iter().map(|id| id.0));
    let rows: Vec<AccountRow> = rows.rows(connection)?;
    rows.into_iter().map(Account::try_from).collect()
}

/// A row of `accounts`.
#[derive(QueryableByName)]
struct AccountRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Nullable<Text>)]
    system_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    merchant_id: Option<String>,
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
}

impl AccountRow {
    fn parse(&self) -> Result<Account, Broken> {
        let role = match (&self.system_code, &self.merchant_id) {
            (Some(code), None) => SystemAccount::parse(code).map(Role::System),
            (None, Some(merchant)) => Some(Role::Merchant(MerchantId(merchant.clone()))),
            _ => None,
        };
        let found = self.system_code.as_deref().unwrap_or("not there");
        Ok(Account {
            id: AccountId(id("id", &self.id)?),
            number: read("number", &self.number, AccountNumber::parse(&self.number).ok())?,
            currency: money(0, &self.currency)?.currency,
            role: read("system_code", found, role)?,
            overdraft: self.overdraft,
            posted_minor: self.posted_minor,
            held_minor: self.held_minor,
            last_seq: self.last_seq,
            last_entry_at: self.last_entry_at.map(|at| time("last_entry_at", at)).transpose()?,
        })
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;
    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| broken.in_row("accounts", shown(&row.id)))
    }
}

/// What the query planner is tested with. Not INSERT: its plan shows the scan for rows that refer to a
/// missing account, which SQLite skips as long as there are none.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SELECT_BY_ROLE, SELECT_BY_ID];
