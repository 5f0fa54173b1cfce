//! Reading accounts: by their names, page by page, and what their balances were.

use crate::connection::in_transaction;
use crate::rows::{self, AccountRow, account_columns};
use crate::statement::{Statement, hex, statement};
use crate::statement_lines;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Nullable};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::account::{AccountRecord, AccountRef};
use paygate_core::id::AccountId;
use paygate_core::proof::Position;
use paygate_core::statement::StatementLine;
use paygate_ports::{AccountPage, AccountQuery, AccountReader, StoreError};
use serde_json::{Value, json};

/// How many rows one call looks through for a currency.
const WINDOW: i64 = 10_000;

/// The account of each name of a list, by its place in it. The three kinds of names never look alike.
/// CROSS JOIN keeps SQLite from scanning accounts for a list whose length it can't estimate.
const FIND: &str = concat!(
    "WITH names (place, id, number, alias) AS MATERIALIZED ( \
        SELECT key, unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?)) \
     SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.id = names.id UNION ALL SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.number = names.number UNION ALL SELECT place, ",
    account_columns!(),
    " FROM names CROSS JOIN accounts AS a ON a.alias = names.alias"
);

/// What of the rows of a source passes all filters. NULL lets everything pass.
macro_rules! filtered {
    ($source:literal) => {
        concat!(
            "SELECT ",
            account_columns!(),
            " FROM ",
            $source,
            " AS a WHERE a.currency = coalesce(?, a.currency) ORDER BY a.id DESC LIMIT ?"
        )
    };
}

const IN_WINDOW: &str =
    filtered!("(SELECT * FROM accounts WHERE id < ? ORDER BY id DESC LIMIT 10000)");

const BY_ALIAS: &str = filtered!("(SELECT * FROM accounts WHERE id < ? AND alias = ?)");

const WINDOW_END: &str = "\
    SELECT count(*) AS rows, min(id) AS last \
    FROM (SELECT id FROM accounts WHERE id < ? ORDER BY id DESC LIMIT 10000)";

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(embed)]
    account: AccountRow,
}

#[derive(QueryableByName)]
struct WindowRow {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    last: Option<Vec<u8>>,
}

#[async_trait]
impl AccountReader for SqliteStore {
    async fn find(&self, names: Vec<AccountRef>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
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
        self.read(move |connection| statement_lines::position_at(connection, account, at)).await
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        self.read(move |connection| {
            statement_lines::lines(connection, account, (after, upto), limit)
        })
        .await
    }
}

fn name(name: &AccountRef) -> Value {
    match name {
        AccountRef::Id(id) => json!([hex(id.0), null, null]),
        AccountRef::Number(number) => json!([null, number.to_string(), null]),
        AccountRef::Alias(alias) => json!([null, null, alias.as_str()]),
    }
}

fn page(
    connection: &mut SqliteConnection,
    query: &AccountQuery,
) -> Result<AccountPage, StoreError> {
    // Both statements must see the same rows, or the page would not end where its window does.
    in_transaction(connection, "BEGIN", |connection| {
        let source = match &query.alias {
            None => below(IN_WINDOW, query),
            Some(alias) => below(BY_ALIAS, query).text(alias.as_str()),
        };
        let select = source.optional_text(query.currency.map(|currency| currency.code()));
        let items: Vec<AccountRow> = select.integer(query.limit).rows(connection)?;
        let items =
            items.into_iter().map(AccountRecord::try_from).collect::<Result<Vec<_>, _>>()?;
        let next = if items.len() >= usize::from(query.limit) {
            items.last().map(|record| record.account.id)
        } else if query.alias.is_some() {
            None
        } else {
            window_end(connection, query)?
        };
        Ok(AccountPage { items, next })
    })
}

/// Binds the id below which to look. Without a cursor that is one byte more than the greatest id,
/// and so greater than it.
fn below(sql: &'static str, query: &AccountQuery) -> Statement {
    match query.cursor {
        Some(cursor) => statement(sql).id(cursor.0),
        None => statement(sql).blob(&[0xff; 17]),
    }
}

/// Where a window that was looked through ends, if it was full.
fn window_end(
    connection: &mut SqliteConnection,
    query: &AccountQuery,
) -> Result<Option<AccountId>, StoreError> {
    let window: Option<WindowRow> = below(WINDOW_END, query).row(connection)?;
    let full = window.filter(|window| window.rows >= WINDOW);
    let last = full.and_then(|window| window.last).map(|last| {
        let id = rows::id("id", &last);
        id.map_err(|broken| broken.in_row("accounts", rows::shown(&last)))
    });
    Ok(last.transpose()?.map(AccountId))
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[FIND, IN_WINDOW, BY_ALIAS, WINDOW_END];
