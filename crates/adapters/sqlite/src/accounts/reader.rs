//! Reading accounts: by their names, page by page, and what their balances were.

use crate::accounts::lines;
use crate::rows::{AccountRow, account_columns};
use crate::statement::{hex, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::account::{AccountKey, AccountRecord};
use paygate_core::id::AccountId;
use paygate_core::proof::Position;
use paygate_core::statement::StatementLine;
use paygate_ports::{AccountPage, AccountQuery, AccountReader, StoreError};
use serde_json::{Value, json};

/// The account of each name of a list, by its place in it. The three kinds of names never look alike.
/// CROSS JOIN keeps SQLite from scanning accounts for a list whose length it can't estimate.
const FIND: &str = concat!(
    "WITH names (place, id, number, owner, alias) AS MATERIALIZED ( \
        SELECT key, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)) \
     SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.id = names.id UNION ALL SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.number = names.number UNION ALL SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.owner = names.owner AND a.alias = names.alias"
);

macro_rules! listed {
    ($filter:literal) => {
        concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts AS a WHERE ",
            $filter,
            "a.id < ? ORDER BY a.id DESC LIMIT ?"
        )
    };
}

const LISTED: &str = listed!("");
pub(crate) const OF_CURRENCY: &str = listed!("a.currency = ? AND ");
pub(crate) const OF_OWNER: &str = listed!("a.owner = ? AND ");
pub(crate) const OF_OWNER_AND_CURRENCY: &str = listed!("a.owner = ? AND a.currency = ? AND ");
pub(crate) const OF_ALIAS: &str =
    listed!("a.alias = ? AND a.currency = coalesce(?, a.currency) AND ");
const OF_OWNER_AND_ALIAS: &str =
    listed!("a.owner = ? AND a.alias = ? AND a.currency = coalesce(?, a.currency) AND ");

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(embed)]
    account: AccountRow,
}

#[async_trait]
impl AccountReader for SqliteStore {
    async fn find(&self, names: Vec<AccountKey>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |connection| {
            let mut found: Vec<Option<AccountRecord>> = names.iter().map(|_| None).collect();
            let rows = statement(FIND).list(names.iter().map(name).collect());
            for row in rows.rows::<FoundRow>(connection)? {
                let slot = usize::try_from(row.place).ok().and_then(|place| found.get_mut(place));
                if let Some(slot) = slot {
                    *slot = Some(row.account.try_into()?);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError> {
        self.read(move |connection| page(connection, &query)).await
    }

    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError> {
        self.read(move |connection| lines::position_at(connection, account, at)).await
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        self.read(move |connection| lines::lines(connection, account, (after, upto), limit)).await
    }
}

fn name(name: &AccountKey) -> Value {
    match name {
        AccountKey::Id(id) => json!([hex(id.0), null, null, null]),
        AccountKey::Number(number) => json!([null, number.to_string(), null, null]),
        AccountKey::Alias(owner, alias) => json!([null, null, owner.to_string(), alias.as_str()]),
    }
}

fn page(
    connection: &mut SqliteConnection,
    query: &AccountQuery,
) -> Result<AccountPage, StoreError> {
    let owner = query.owner.as_ref().map(ToString::to_string);
    let code = query.currency.map(|currency| currency.code());
    let select = match (&query.alias, owner, code) {
        (Some(alias), Some(owner), code) => {
            statement(OF_OWNER_AND_ALIAS).text(&owner).text(alias.as_str()).optional_text(code)
        }
        (Some(alias), None, code) => statement(OF_ALIAS).text(alias.as_str()).optional_text(code),
        (None, Some(owner), Some(code)) => statement(OF_OWNER_AND_CURRENCY).text(&owner).text(code),
        (None, Some(owner), None) => statement(OF_OWNER).text(&owner),
        (None, None, Some(code)) => statement(OF_CURRENCY).text(code),
        (None, None, None) => statement(LISTED),
    };
    // Without a cursor that is one byte more than the greatest id, and so greater than it.
    let below = query.cursor.map_or([0xff; 17].to_vec(), |cursor| cursor.0.as_bytes().to_vec());
    let rows: Vec<AccountRow> =
        select.blob(&below).integer(i64::from(query.limit) + 1).rows(connection)?;
    let mut items = rows.into_iter().map(AccountRecord::try_from).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > usize::from(query.limit);
    items.truncate(usize::from(query.limit));
    let next = items.last().map(|record| record.account.id).filter(|_| more);
    Ok(AccountPage { items, next })
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[FIND, LISTED, OF_CURRENCY, OF_OWNER, OF_OWNER_AND_CURRENCY, OF_ALIAS, OF_OWNER_AND_ALIAS];
