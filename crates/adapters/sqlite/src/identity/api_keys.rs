//! Keys, made and ended, each in one transaction with what is written down of it.

use super::audit_log::write_down;
use super::key_row::{KeyRow, key_columns};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::SqliteConnection;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, AuditEntry, NewApiKey, NotMade};
use paygate_ports::{ApiKeyStore, Made, Rotated, StoreError};

const MAKE: &str = "\
    INSERT INTO api_keys (id, merchant_id, name, secret_hash, hint, scopes, created_by, made_with, \
        created_at, expires_at, key_hash, request_hash) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const ONE: &str = concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id = ?");

const OF_KEY: &str = concat!("SELECT ", key_columns!(), " FROM api_keys WHERE key_hash = ?");

const REPLACE: &str = "\
    UPDATE api_keys SET replaced_by = ?, expires_at = min(coalesce(expires_at, ?), ?) WHERE id = ?";

const REVOKE: &str = "UPDATE api_keys SET revoked_at = ? WHERE id = ?";

#[async_trait]
impl ApiKeyStore for SqliteStore {
    async fn make(
        &self,
        key: NewApiKey,
        audit: AuditEntry,
    ) -> Result<Result<Made<ApiKey>, NotMade>, StoreError> {
        self.write(move |connection, now| match earlier(connection, &key)? {
            Some(earlier) => Ok(Ok(earlier)),
            None => make(connection, now, &key, &[audit]),
        })
        .await
    }

    async fn rotate(
        &self,
        old: ApiKeyId,
        key: NewApiKey,
        overlap_ends: Timestamp,
        audit: [AuditEntry; 2],
    ) -> Result<Rotated, StoreError> {
        self.write(move |connection, now| {
            let Some(replaced) = one(connection, old)? else { return Ok(Rotated::NotFound) };
            if let Some(earlier) = earlier(connection, &key)? {
                return Ok(Rotated::Made(earlier));
            }
            if let Err(why) = replaced.rotatable(now) {
                return Ok(Rotated::Refused(why));
            }
            let made = match make(connection, now, &key, &audit)? {
                Ok(made) => made,
                Err(why) => return Ok(Rotated::Refused(why.into())),
            };
            let replace = statement(REPLACE).id(key.id.0).time(overlap_ends).time(overlap_ends);
            replace.id(old.0).run(connection)?;
            Ok(Rotated::Made(made))
        })
        .await
    }

    async fn revoke(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<ApiKey>, StoreError> {
        self.write(move |connection, now| {
            let key = one(connection, id)?;
            if key.as_ref().is_none_or(|key| key.revoked_at.is_some()) {
                return Ok(key);
            }
            statement(REVOKE).time(now).id(id.0).run(connection)?;
            write_down(connection, now, &audit)?;
            one(connection, id)
        })
        .await
    }
}

/// Makes a key that is not there yet, and writes that down.
fn make(
    connection: &mut SqliteConnection,
    now: Timestamp,
    key: &NewApiKey,
    audit: &[AuditEntry],
) -> Result<Result<Made<ApiKey>, NotMade>, StoreError> {
    let maker = key.made_with.map(|maker| one(connection, maker)).transpose()?.flatten();
    if let Err(why) = key.makable(maker.as_ref(), now) {
        return Ok(Err(why));
    }
    let insert = statement(MAKE)
        .id(key.id.0)
        .text(key.merchant.as_str())
        .text(key.name.as_str())
        .blob(&key.secret.0)
        .text(&key.hint)
        .text(&key.scopes.to_string())
        .text(&key.created_by.to_string())
        .optional_id(key.made_with.map(|maker| maker.0))
        .time(now)
        .optional_time(key.expires_at)
        .optional_blob(key.sent.as_ref().map(|sent| &sent.key.0[..]))
        .optional_blob(key.sent.as_ref().map(|sent| &sent.hash.0[..]));
    insert.run(connection)?;
    for entry in audit {
        write_down(connection, now, entry)?;
    }
    let gone = || StoreError::Refused("the key was not stored".to_owned());
    Ok(Ok(Made::Created(one(connection, key.id)?.ok_or_else(gone)?)))
}

/// What an earlier request has made: under the same idempotency key, or the same one.
fn earlier(
    connection: &mut SqliteConnection,
    key: &NewApiKey,
) -> Result<Option<Made<ApiKey>>, StoreError> {
    if let Some(own) = one(connection, key.id)? {
        return Ok(Some(Made::Created(own)));
    }
    let Some(sent) = key.sent else { return Ok(None) };
    let row: Option<KeyRow> = statement(OF_KEY).blob(&sent.key.0).row(connection)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(match row.is_of(sent.hash) {
        true => Made::Replayed(row.key()?),
        false => Made::KeyReused,
    }))
}

/// One key.
pub(super) fn one(
    connection: &mut SqliteConnection,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<KeyRow> = statement(ONE).id(id.0).row(connection)?;
    row.map(|row| row.key()).transpose()
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, ONE, OF_KEY, REPLACE, REVOKE];
