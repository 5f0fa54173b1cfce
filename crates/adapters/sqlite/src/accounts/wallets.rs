//! Wallets: opened on request with their opening balance, and closed when they are empty.

use crate::accounts::load::load;
use crate::payments::accept::store;
use crate::payments::transact;
use crate::rows::{AccountRow, account_columns};
use crate::statement::{hex_of_hash, statement};
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountRecord, NewWallet, NotClosable, Role};
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::AccountId;
use paygate_core::payment::{NewPayment, Reason};
use paygate_core::status::Status;
use paygate_core::transfer;
use paygate_ports::{Accepted, Opened, StoreError};
use std::collections::BTreeSet;

const INSERT: &str = "\
    INSERT INTO accounts (id, number, currency, owner, overdraft, name, alias, metadata, \
        key_hash, request_hash, created_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, unhex(?), ?)";

/// The row of that id goes before that of the key, and that before that of the alias.
const SELECT_TAKEN: &str = concat!(
    "SELECT 1 AS why, ",
    account_columns!(),
    " FROM accounts AS a WHERE a.id = ? UNION ALL SELECT 2, ",
    account_columns!(),
    " FROM accounts AS a WHERE a.key_hash = ? UNION ALL SELECT 3, ",
    account_columns!(),
    " FROM accounts AS a WHERE a.owner = ? AND a.alias = ?"
);

const SELECT: &str = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.id = ?");

const CLOSE: &str = "UPDATE accounts SET closed_at = ? WHERE id = ? AND closed_at IS NULL";

#[derive(QueryableByName)]
struct TakenRow {
    #[diesel(sql_type = BigInt)]
    why: i64,
    #[diesel(embed)]
    account: AccountRow,
}

/// Opens a wallet with its opening balance, or finds out who stands in its way.
pub(crate) fn create(
    connection: &mut SqliteConnection,
    now: Timestamp,
    wallet: &NewWallet,
    opening: Option<NewPayment>,
) -> Result<Opened, StoreError> {
    if let Some(taken) = taken(connection, wallet)? {
        return Ok(taken);
    }
    if let Some(reason) =
        opening.as_ref().map(|it| refusal(connection, now, wallet, it)).transpose()?.flatten()
    {
        return Ok(Opened::Refused(reason));
    }
    let insert = statement(INSERT)
        .id(wallet.id.0)
        .text(&wallet.number.to_string())
        .text(wallet.currency.code())
        .text(&wallet.owner.to_string())
        .integer(wallet.overdraft)
        .optional_text(wallet.name.as_ref().map(|name| name.as_str()))
        .optional_text(wallet.alias.as_ref().map(|alias| alias.as_str()))
        .optional_text(wallet.metadata.as_ref().map(|metadata| metadata.as_str()))
        .optional_blob(wallet.key.as_ref().map(|key| &key.0[..]))
        .text(&hex_of_hash(wallet.hash))
        .time(now);
    insert.run(connection)?;
    if let Some(opening) = opening {
        settle_opening(connection, now, opening)?;
    }
    let opened = read(connection, wallet.id)?;
    let opened = opened.ok_or_else(|| StoreError::Refused("it was not stored".to_owned()))?;
    Ok(Opened::Created(opened))
}

/// The account that has the wallet's id, after a lost commit, that of its key, or its owner's of its alias.
fn taken(
    connection: &mut SqliteConnection,
    wallet: &NewWallet,
) -> Result<Option<Opened>, StoreError> {
    let alias = wallet.alias.as_ref().map(|alias| alias.as_str());
    let owner = wallet.owner.to_string();
    let key = wallet.key.as_ref().map(|key| &key.0[..]);
    let taken = statement(SELECT_TAKEN).id(wallet.id.0).optional_blob(key);
    let rows: Vec<TakenRow> = taken.text(&owner).optional_text(alias).rows(connection)?;
    let Some(TakenRow { why, account }) = rows.into_iter().min_by_key(|row| row.why) else {
        return Ok(None);
    };
    let same_request = account.request_hash.as_deref() == Some(&wallet.hash.0[..]);
    let record = AccountRecord::try_from(account)?;
    let existing = record.account.id;
    Ok(Some(match (existing == wallet.id, same_request, why) {
        (true, ..) => Opened::Created(record),
        (false, true, _) => Opened::Replayed(record),
        (false, false, 2) => Opened::KeyReused,
        (false, false, _) => Opened::AliasTaken { existing },
    }))
}

/// What the account that an opening balance comes from can't take. Whom it reaches is new.
fn refusal(
    connection: &mut SqliteConnection,
    now: Timestamp,
    wallet: &NewWallet,
    opening: &NewPayment,
) -> Result<Option<Reason>, StoreError> {
    let equity = load(connection, &BTreeSet::from([opening.source]))?;
    let fresh = equity.first().map(|account| Account {
        id: opening.destination,
        role: Role::Wallet(wallet.owner.clone()),
        posted_minor: 0,
        held_minor: 0,
        last_seq: 0,
        last_entry_at: None,
        ..account.clone()
    });
    let payment = opening.clone().accepted(now).payment;
    let mut book = Book::new(now, vec![payment], equity.into_iter().chain(fresh).collect());
    // What is wrong with the row itself shows when it is settled.
    let _ = transfer::process(&mut book, opening.id, chrono::TimeDelta::zero());
    let failure = book.payment(opening.id).and_then(|payment| payment.failure.as_ref());
    Ok(failure.map(|failure| failure.code))
}

/// Accepts the payment of an opening balance, and settles it at once.
fn settle_opening(
    connection: &mut SqliteConnection,
    now: Timestamp,
    opening: NewPayment,
) -> Result<(), StoreError> {
    let id = opening.id;
    match store(connection, now, &[opening])?.0.pop() {
        Some(Accepted::Created(_)) => {}
        Some(Accepted::Refused(error)) => return Err(error),
        other => {
            let why = format!("the opening balance was not accepted: {other:?}");
            return Err(StoreError::Refused(why));
        }
    }
    let mut book = transact::load(connection, now, &BTreeSet::from([id]), Loads::Accounts)?;
    let refused =
        |why: String| StoreError::Refused(format!("the opening balance was not posted: {why}"));
    transfer::process(&mut book, id, chrono::TimeDelta::zero())
        .map_err(|rejection| refused(rejection.to_string()))?;
    let settled = book.payment(id).is_some_and(|payment| payment.status == Status::Success);
    if !settled {
        let failure = book.payment(id).and_then(|payment| payment.failure.clone());
        let why = failure.map(|failure| format!("{}: {}", failure.code, failure.detail));
        return Err(refused(why.unwrap_or_else(|| "it is not settled".to_owned())));
    }
    transact::write(connection, &book.into_changes())
}

/// Closes an account that may be closed. One that is closed keeps its time.
pub(crate) fn close(
    connection: &mut SqliteConnection,
    now: Timestamp,
    id: AccountId,
) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
    let Some(record) = read(connection, id)? else { return Ok(None) };
    if let Err(why) = record.account.closable() {
        return Ok(Some(Err(why)));
    }
    statement(CLOSE).time(now).id(id.0).run(connection)?;
    Ok(read(connection, id)?.map(Ok))
}

fn read(
    connection: &mut SqliteConnection,
    id: AccountId,
) -> Result<Option<AccountRecord>, StoreError> {
    let row: Option<AccountRow> = statement(SELECT).id(id.0).row(connection)?;
    row.map(AccountRecord::try_from).transpose()
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, SELECT_TAKEN, SELECT, CLOSE];
