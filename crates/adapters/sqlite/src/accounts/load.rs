//! Accounts by their ids, and those that a book needs.

use crate::rows::{AccountRow, account_columns};
use crate::statement::{Statement, statement};
use diesel::SqliteConnection;
use paygate_core::account::Account;
use paygate_core::id::AccountId;
use paygate_core::money::Currency;
use paygate_core::payment::Payment;
use paygate_ports::StoreError;
use serde_json::Value;
use std::collections::BTreeSet;

const SELECT_BY_ID: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts AS a WHERE a.id IN (SELECT unhex(value) FROM json_each(?))"
);

const SELECT_LIQUIDITY: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts AS a WHERE a.system_code = 'fx_liquidity' \
     AND a.currency IN (SELECT value FROM json_each(?))"
);

/// The accounts with these ids, as far as they exist.
pub(crate) fn load(
    connection: &mut SqliteConnection,
    ids: &BTreeSet<AccountId>,
) -> Result<Vec<Account>, StoreError> {
    accounts(connection, statement(SELECT_BY_ID).ids(ids.iter().map(|id| id.0)))
}

/// The accounts between which these payments move money: sources, destinations, and where a payment
/// converts the liquidity accounts of both currencies.
pub(crate) fn load_for(
    connection: &mut SqliteConnection,
    payments: &[&Payment],
) -> Result<Vec<Account>, StoreError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let ids = payments.iter().flat_map(|payment| [payment.source, payment.destination]).collect();
    let mut found = load(connection, &ids)?;
    let sides = payments.iter().map(|payment| [payment.debit.currency, payment.credit.currency]);
    let converted: BTreeSet<Currency> =
        sides.filter(|[debit, credit]| debit != credit).flatten().collect();
    if !converted.is_empty() {
        let codes = converted.iter().map(|currency| Value::from(currency.code())).collect();
        found.extend(accounts(connection, statement(SELECT_LIQUIDITY).list(codes))?);
    }
    Ok(found)
}

fn accounts(
    connection: &mut SqliteConnection,
    select: Statement,
) -> Result<Vec<Account>, StoreError> {
    let rows: Vec<AccountRow> = select.rows(connection)?;
    rows.into_iter().map(Account::try_from).collect()
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SELECT_BY_ID, SELECT_LIQUIDITY];
