//! Accounts: opened once per role and currency. Wallets have a file of their own.

use crate::accounts::load::load;
use crate::accounts::wallets;
use crate::rows::{AccountRow, account_columns};
use crate::statement::{hex, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use paygate_core::account::{Account, AccountRecord, NewAccount, NewWallet, NotClosable, Role};
use paygate_core::id::AccountId;
use paygate_core::payment::NewPayment;
use paygate_ports::{AccountStore, Opened, StoreError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

// No target: it is also the same account if id and number are those of the first time, and then
// which rule is met first is SQLite's choice. Who is not found afterwards was refused by another.
const INSERT: &str = "\
    INSERT INTO accounts (id, number, currency, system_code, owner, for_charges, overdraft, created_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
        value ->> 4 IS NOT NULL, value ->> 5, ? \
    FROM json_each(?) WHERE true \
    ON CONFLICT DO NOTHING";

const SELECT_BY_ROLE: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN accounts AS a \
     ON a.system_code = wanted.value ->> 3 AND a.currency = wanted.value ->> 2 \
     UNION ALL SELECT ",
    account_columns!(),
    " FROM json_each(?) AS wanted CROSS JOIN accounts AS a \
     ON a.for_charges AND a.owner = wanted.value ->> 4 \
     AND a.currency = wanted.value ->> 2"
);

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

    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        self.write(move |connection, now| wallets::create(connection, now, &wallet, opening)).await
    }

    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        self.write(move |connection, now| wallets::close(connection, now, id)).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(move |connection| Ok(load(connection, &BTreeSet::from([id]))?.pop())).await
    }
}

fn row(new: &NewAccount) -> Value {
    let (system_code, merchant) = match &new.role {
        Role::System(code) => (Some(code.as_str()), None),
        Role::Merchant(_) => (None, new.role.owner().map(|owner| owner.to_string())),
        Role::Wallet(_) => (None, None),
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

/// What the query planner is tested with. Not INSERT: its plan shows the scan for rows that refer to a
/// missing account, which SQLite skips as long as there are none.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SELECT_BY_ROLE];
