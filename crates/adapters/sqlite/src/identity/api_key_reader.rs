//! Keys, found by what is shown, and listed.

use super::api_keys::one;
use super::key_row::{KeyRow, key_columns};
use crate::statement::{hex_of, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, SecretHash};
use paygate_ports::{ApiKeyQuery, ApiKeyReader, PageOf, StoreError};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

const SHOWN: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM api_keys WHERE secret_hash IN (SELECT unhex(value) FROM json_each(?))"
);

const LISTED: &str =
    concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?");

const OF_MERCHANT: &str = concat!(
    "SELECT ",
    key_columns!(),
    " FROM api_keys WHERE merchant_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
);

const USED: &str = "\
    UPDATE api_keys SET last_used_at = ? \
    WHERE id IN (SELECT unhex(value) FROM json_each(?)) \
        AND (last_used_at IS NULL OR last_used_at <= ?)";

#[async_trait]
impl ApiKeyReader for SqliteStore {
    async fn shown(&self, secrets: &[SecretHash]) -> Result<Vec<Option<ApiKey>>, StoreError> {
        let hex = |hash: &SecretHash| Value::String(hex_of(&hash.0));
        let shown = statement(SHOWN).list(secrets.iter().map(hex).collect());
        let secrets = secrets.to_vec();
        self.read(move |connection| {
            let rows: Vec<KeyRow> = shown.rows(connection)?;
            let found = rows.iter().map(|row| Ok((&row.secret_hash[..], row.key()?)));
            let found: BTreeMap<&[u8], ApiKey> = found.collect::<Result<_, StoreError>>()?;
            Ok(secrets.iter().map(|secret| found.get(&secret.0[..]).cloned()).collect())
        })
        .await
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.read(move |connection| one(connection, id)).await
    }

    async fn keys(&self, query: ApiKeyQuery) -> Result<PageOf<ApiKey, ApiKeyId>, StoreError> {
        let listed = match &query.merchant {
            Some(merchant) => statement(OF_MERCHANT).text(merchant.as_str()),
            None => statement(LISTED),
        };
        let below = query.cursor.map_or(Uuid::max(), |cursor| cursor.0);
        let listed = listed.id(below).integer(i64::from(query.limit) + 1);
        self.read(move |connection| {
            let rows: Vec<KeyRow> = listed.rows(connection)?;
            let found = rows.iter().map(KeyRow::key).collect::<Result<_, _>>()?;
            Ok(PageOf::of(found, query.limit, |it: &ApiKey| it.id))
        })
        .await
    }

    async fn used(
        &self,
        keys: &[ApiKeyId],
        at: Timestamp,
        known_since: Timestamp,
    ) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = keys.iter().map(|id| id.0).collect();
        self.write(move |connection, _| {
            statement(USED).time(at).ids(ids).time(known_since).run(connection).map(drop)
        })
        .await
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[SHOWN, LISTED, OF_MERCHANT, USED];
