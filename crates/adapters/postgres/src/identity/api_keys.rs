//! Keys, made and ended, each in one transaction with what is written down of it.

use super::key_row::{KeyRow, KeyTypes, key_columns};
use crate::error::PgError;
use crate::identity::audit_log::write_down;
use crate::payments::transact::Now;
use crate::rows::key_id;
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::OptionalExtension;
use diesel::sql_types::{Binary, Nullable};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, AuditEntry, NewApiKey, NotMade};
use paygate_ports::{ApiKeyStore, Made, Rotated, StoreError};

struct Make;
impl Sql for Make {
    const TEXT: &'static str = concat!(
        "INSERT INTO api_keys (id, merchant_id, name, secret_hash, hint, scopes, created_by, made_with, \
         expires_at, key_hash, request_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT DO NOTHING RETURNING ",
        key_columns!()
    );
    type Row = KeyTypes;
}

struct OfKey;
impl Sql for OfKey {
    const TEXT: &'static str =
        concat!("SELECT ", key_columns!(), ", request_hash FROM api_keys WHERE key_hash = ?");
    type Row = (KeyTypes, Nullable<Binary>);
}

struct Lock;
impl Sql for Lock {
    const TEXT: &'static str =
        concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id = ? FOR NO KEY UPDATE");
    type Row = KeyTypes;
}

/// The key by which another is made: who would end it waits.
struct LockMaker;
impl Sql for LockMaker {
    const TEXT: &'static str =
        concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id = ? FOR SHARE");
    type Row = KeyTypes;
}

struct Replace;
impl Sql for Replace {
    const TEXT: &'static str = "UPDATE api_keys SET replaced_by = ?, \
         expires_at = least(expires_at, ?) WHERE id = ?";
    type Row = ();
}

struct Revoke;
impl Sql for Revoke {
    const TEXT: &'static str = concat!(
        "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = ? RETURNING ",
        key_columns!()
    );
    type Row = KeyTypes;
}

#[async_trait]
impl ApiKeyStore for PostgresStore {
    async fn make(
        &self,
        key: NewApiKey,
        audit: AuditEntry,
    ) -> Result<Result<Made<ApiKey>, NotMade>, StoreError> {
        let store = self.clone();
        self.spawned(async move { store.until_won(|| store.make_once(&key, &audit)).await }).await
    }

    async fn rotate(
        &self,
        old: ApiKeyId,
        key: NewApiKey,
        overlap_ends: Timestamp,
        audit: [AuditEntry; 2],
    ) -> Result<Rotated, StoreError> {
        let store = self.clone();
        self.spawned(async move {
            store.until_won(|| store.rotate_once(old, &key, overlap_ends, &audit)).await
        })
        .await
    }

    async fn revoke(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<ApiKey>, StoreError> {
        let store = self.clone();
        self.spawned(async move { store.until_won(|| store.revoke_once(id, &audit)).await }).await
    }
}

impl PostgresStore {
    async fn make_once(
        &self,
        key: &NewApiKey,
        audit: &AuditEntry,
    ) -> Result<Result<Made<ApiKey>, NotMade>, PgError> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                make(connection, key, std::slice::from_ref(audit)).await
            })
            .await
    }

    async fn rotate_once(
        &self,
        old: ApiKeyId,
        key: &NewApiKey,
        overlap_ends: Timestamp,
        audit: &[AuditEntry],
    ) -> Result<Rotated, PgError> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let Some(replaced) = found::<Lock>(connection, old).await? else {
                    return Ok(Rotated::NotFound);
                };
                if let Some(earlier) = earlier(connection, key).await? {
                    return Ok(Rotated::Made(earlier));
                }
                if let Err(why) = replaced.rotatable(now(connection).await?) {
                    return Ok(Rotated::Refused(why));
                }
                let made = match make(connection, key, audit).await? {
                    Ok(made) => made,
                    Err(why) => return Ok(Rotated::Refused(why.into())),
                };
                if matches!(made, Made::Created(_)) {
                    let ends = [Param::Id(key.id.0), Param::Time(overlap_ends), Param::Id(old.0)];
                    statement::<Replace>(ends).execute(connection).await?;
                }
                Ok(Rotated::Made(made))
            })
            .await
    }

    async fn revoke_once(
        &self,
        id: ApiKeyId,
        audit: &AuditEntry,
    ) -> Result<Option<ApiKey>, PgError> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let Some(key) = found::<Lock>(connection, id).await? else { return Ok(None) };
                if key.revoked_at.is_some() {
                    return Ok(Some(key));
                }
                let revoke = statement::<Revoke>([Param::Id(id.0)]);
                let revoked = revoke.get_result::<KeyRow>(connection).await?.parse()?;
                write_down(connection, audit).await?;
                Ok(Some(revoked))
            })
            .await
    }
}

/// Makes a key and writes that down, or finds the one of the same request.
async fn make(
    connection: &AsyncPgConnection,
    key: &NewApiKey,
    audit: &[AuditEntry],
) -> Result<Result<Made<ApiKey>, NotMade>, PgError> {
    if let Some(earlier) = earlier(connection, key).await? {
        return Ok(Ok(earlier));
    }
    let maker = match key.made_with {
        Some(maker) => found::<LockMaker>(connection, maker).await?,
        None => None,
    };
    if let Err(why) = key.makable(maker.as_ref(), now(connection).await?) {
        return Ok(Err(why));
    }
    let insert = statement::<Make>([
        Param::Id(key.id.0),
        Param::Text(key.merchant.to_string()),
        Param::Text(key.name.as_str().to_owned()),
        Param::Bytes(key.secret.0.to_vec()),
        Param::Text(key.hint.clone()),
        Param::Text(key.scopes.to_string()),
        Param::Text(key.created_by.to_string()),
        Param::MaybeId(key.made_with.map(|maker| maker.0)),
        Param::MaybeTime(key.expires_at),
        Param::MaybeId(key.sent.map(|sent| key_id(sent.key))),
        Param::MaybeBinary(key.sent.map(|sent| sent.hash.0.to_vec())),
    ]);
    if let Some(row) = insert.get_result::<KeyRow>(&mut &*connection).await.optional()? {
        for entry in audit {
            write_down(connection, entry).await?;
        }
        return Ok(Ok(Made::Created(row.parse()?)));
    }
    // A twin was quicker.
    let taken = || StoreError::Refused("the secret is another key's".to_owned());
    Ok(Ok(earlier(connection, key).await?.ok_or_else(taken)?))
}

/// What an earlier request has made: the same one, whose commit was lost, or one under the same
/// idempotency key.
async fn earlier(
    connection: &AsyncPgConnection,
    key: &NewApiKey,
) -> Result<Option<Made<ApiKey>>, PgError> {
    if let Some(own) = found::<Lock>(connection, key.id).await? {
        return Ok(Some(Made::Created(own)));
    }
    let Some(sent) = key.sent else { return Ok(None) };
    let find = statement::<OfKey>([Param::Id(key_id(sent.key))]);
    let row = find.get_result::<(KeyRow, Option<Vec<u8>>)>(&mut &*connection).await.optional()?;
    let Some((row, hash)) = row else { return Ok(None) };
    Ok(Some(match hash.as_deref() == Some(&sent.hash.0[..]) {
        true => Made::Replayed(row.parse()?),
        false => Made::KeyReused,
    }))
}

/// A key, under the lock of that statement.
async fn found<S: Sql<Row = KeyTypes>>(
    connection: &AsyncPgConnection,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, PgError> {
    let lock = statement::<S>([Param::Id(id.0)]);
    let row = lock.get_result::<KeyRow>(&mut &*connection).await.optional()?;
    Ok(row.map(KeyRow::parse).transpose()?)
}

async fn now(connection: &AsyncPgConnection) -> Result<DateTime<Utc>, PgError> {
    Ok(statement::<Now>([]).get_result(&mut &*connection).await?)
}

crate::statement::statements!(Make, OfKey, Lock, LockMaker, Replace, Revoke);
