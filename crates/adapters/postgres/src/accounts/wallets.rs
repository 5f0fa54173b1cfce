//! Opening and closing wallets, each in one transaction.

use crate::error::PgError;
use crate::payments::accept::{Insert, insert};
use crate::payments::changes::write;
use crate::payments::transact::{decided, load};
use crate::rows::{
    AccountRow, AccountTypes, NamesRow, NamesTypes, account_columns, account_record, key_id,
    names_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::OptionalExtension;
use diesel::sql_types::{Binary, Integer, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::account::{AccountRecord, NewWallet, NotClosable};
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::payment::NewPayment;
use paygate_core::transfer;
use paygate_ports::{Opened, StoreError, silent};
use uuid::Uuid;

struct InsertWallet;
impl Sql for InsertWallet {
    const TEXT: &'static str = "INSERT INTO accounts \
         (id, number, currency, owner, overdraft, name, alias, metadata, key_hash, \
         request_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id";
    type Row = SqlUuid;
}

/// What is in the way of a wallet, and why: its own row, that of its key, or its owner's that has its
/// alias.
struct Existing;
impl Sql for Existing {
    const TEXT: &'static str = "SELECT 1, id, request_hash FROM accounts WHERE id = ? \
         UNION ALL SELECT 2, id, request_hash FROM accounts WHERE key_hash = ? \
         UNION ALL SELECT 3, id, request_hash FROM accounts WHERE owner = ? AND alias = ?";
    type Row = (Integer, SqlUuid, Nullable<Binary>);
}

struct LockOne;
impl Sql for LockOne {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE a.id = ? FOR NO KEY UPDATE"
    );
    type Row = (AccountTypes, NamesTypes);
}

struct Close;
impl Sql for Close {
    const TEXT: &'static str =
        "UPDATE accounts SET closed_at = clock_timestamp() WHERE id = ? AND closed_at IS NULL";
    type Row = ();
}

impl PostgresStore {
    pub(crate) async fn create_wallet(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        let store = self.clone();
        self.spawned(async move {
            store.until_won(|| store.create_once(&wallet, opening.as_ref())).await
        })
        .await
    }

    async fn create_once(
        &self,
        wallet: &NewWallet,
        opening: Option<&NewPayment>,
    ) -> Result<Opened, PgError> {
        let mut connection = self.pool.get().await?;
        let created = connection
            .transaction(async |connection| {
                if !inserted(connection, wallet).await? {
                    return existing(connection, wallet).await;
                }
                if let Some(opening) = opening {
                    settle_opening(connection, opening).await?;
                }
                let opened = locked(connection, wallet.id).await?;
                let missing = || StoreError::Refused("the wallet is not there".to_owned());
                Ok(Opened::Created(opened.ok_or_else(missing)?))
            })
            .await;
        match created {
            Err(PgError::NotOpened(reason)) => Ok(Opened::Refused(reason)),
            created => created,
        }
    }

    pub(crate) async fn close_account(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        let store = self.clone();
        self.spawned(async move { store.until_won(|| store.close_once(id)).await }).await
    }

    async fn close_once(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, PgError> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let Some(record) = locked(connection, id).await? else { return Ok(None) };
                if let Err(why) = record.account.closable() {
                    return Ok(Some(Err(why)));
                }
                statement::<Close>([Param::Id(id.0)]).execute(connection).await?;
                Ok(locked(connection, id).await?.map(Ok))
            })
            .await
    }
}

async fn inserted(connection: &AsyncPgConnection, wallet: &NewWallet) -> Result<bool, PgError> {
    let insert = statement::<InsertWallet>([
        Param::Id(wallet.id.0),
        Param::Text(wallet.number.to_string()),
        Param::Text(wallet.currency.code().to_owned()),
        Param::Text(wallet.owner.to_string()),
        Param::Bool(wallet.overdraft),
        Param::MaybeText(wallet.name.as_ref().map(|name| name.as_str().to_owned())),
        Param::MaybeText(wallet.alias.as_ref().map(|alias| alias.as_str().to_owned())),
        Param::MaybeText(wallet.metadata.as_ref().map(|json| json.as_str().to_owned())),
        key(wallet),
        Param::Bytes(wallet.hash.0.to_vec()),
    ]);
    Ok(insert.get_result::<Uuid>(&mut &*connection).await.optional()?.is_some())
}

async fn existing(connection: &AsyncPgConnection, wallet: &NewWallet) -> Result<Opened, PgError> {
    let alias = wallet.alias.as_ref().map(|alias| alias.as_str().to_owned());
    let owner = Param::Text(wallet.owner.to_string());
    let names = [Param::Id(wallet.id.0), key(wallet), owner, Param::MaybeText(alias)];
    let find = statement::<Existing>(names);
    let found = find.load::<(i32, Uuid, Option<Vec<u8>>)>(&mut &*connection).await?;
    let taken = || StoreError::Refused(format!("the account number {} is taken", wallet.number));
    let first = found.into_iter().min_by_key(|(why, ..)| *why);
    let (why, id, hash) = first.ok_or_else(taken)?;
    let id = AccountId(id);
    let same_request = hash.as_deref() == Some(&wallet.hash.0[..]);
    if id != wallet.id && !same_request {
        return Ok(match why {
            2 => Opened::KeyReused,
            _ => Opened::AliasTaken { existing: id },
        });
    }
    let record = locked(connection, id).await?.ok_or_else(taken)?;
    Ok(if id == wallet.id { Opened::Created(record) } else { Opened::Replayed(record) })
}

fn key(wallet: &NewWallet) -> Param {
    Param::MaybeId(wallet.key.map(key_id))
}

/// Accepts the payment of an opening balance, and settles it at once.
async fn settle_opening(
    connection: &AsyncPgConnection,
    opening: &NewPayment,
) -> Result<(), PgError> {
    let accepted =
        insert::<Insert>(&[opening]).load::<(Uuid, DateTime<Utc>)>(&mut &*connection).await?;
    if accepted.is_empty() {
        return Err(StoreError::Refused("the opening payment exists".to_owned()).into());
    }
    let id: PaymentId = opening.id;
    let book = load(connection, &[id.0], Loads::Accounts).await?;
    let settle = silent(move |book| {
        // What it can't take is seen in the changes.
        let _ = transfer::process(book, id, TimeDelta::zero());
    });
    let changes = decided(book, &settle)?.changes;
    if changes.entries.is_empty() {
        let failure = changes.payments.iter().find_map(|payment| payment.failure.as_ref());
        let poison = || StoreError::Refused("the opening payment can't be posted".to_owned());
        return Err(PgError::NotOpened(failure.ok_or_else(poison)?.code));
    }
    write(connection, &changes).await
}

async fn locked(
    connection: &AsyncPgConnection,
    id: AccountId,
) -> Result<Option<AccountRecord>, PgError> {
    let lock = statement::<LockOne>([Param::Id(id.0)]);
    let row = lock.get_result::<(AccountRow, NamesRow)>(&mut &*connection).await.optional()?;
    Ok(row.map(account_record).transpose()?)
}

crate::statement::statements!(InsertWallet, Existing, LockOne, Close);
