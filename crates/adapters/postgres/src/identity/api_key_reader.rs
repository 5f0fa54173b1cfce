//! Keys, found by what is shown, and listed.

use super::key_row::{KeyRow, KeyTypes, key_columns};
use crate::error::PgError;
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::Binary;
use diesel_async::RunQueryDsl;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, SecretHash};
use paygate_ports::{ApiKeyQuery, ApiKeyReader, PageOf, StoreError};
use std::collections::BTreeMap;
use uuid::Uuid;

struct Shown;
impl Sql for Shown {
    const TEXT: &'static str = concat!(
        "SELECT secret_hash, ",
        key_columns!(),
        " FROM api_keys WHERE secret_hash = ANY(?)"
    );
    type Row = (Binary, KeyTypes);
}

struct One;
impl Sql for One {
    const TEXT: &'static str = concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id = ?");
    type Row = KeyTypes;
}

struct Listed;
impl Sql for Listed {
    const TEXT: &'static str =
        concat!("SELECT ", key_columns!(), " FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?");
    type Row = KeyTypes;
}

/// Between two rows of the index and in its order, so that the planner goes along that one.
struct OfMerchant;
impl Sql for OfMerchant {
    const TEXT: &'static str = concat!(
        "SELECT ",
        key_columns!(),
        " FROM api_keys WHERE merchant_id >= ? AND (merchant_id, id) < (?, ?) \
         ORDER BY merchant_id DESC, id DESC LIMIT ?"
    );
    type Row = KeyTypes;
}

/// Waits for nobody: what another writes at the same moment is as good.
struct Used;
impl Sql for Used {
    const TEXT: &'static str = "UPDATE api_keys SET last_used_at = ? \
         WHERE id = ANY(ARRAY(SELECT id FROM api_keys WHERE id = ANY(?) \
         AND (last_used_at IS NULL OR last_used_at <= ?) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED))";
    type Row = ();
}

#[async_trait]
impl ApiKeyReader for PostgresStore {
    async fn shown(&self, secrets: &[SecretHash]) -> Result<Vec<Option<ApiKey>>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let hashes = secrets.iter().map(|secret| Some(secret.0.to_vec())).collect();
            let shown = statement::<Shown>([Param::MaybeBytes(hashes)]);
            let rows = shown.load::<(Vec<u8>, KeyRow)>(&mut connection).await?;
            let found = rows.into_iter().map(|(hash, row)| Ok((hash, row.parse()?)));
            let found: BTreeMap<Vec<u8>, ApiKey> = found.collect::<Result<_, StoreError>>()?;
            Ok(secrets.iter().map(|secret| found.get(&secret.0[..]).cloned()).collect())
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let one = statement::<One>([Param::Id(id.0)]);
            let row = one.get_result::<KeyRow>(&mut connection).await.optional()?;
            Ok(row.map(KeyRow::parse).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn keys(&self, query: ApiKeyQuery) -> Result<PageOf<ApiKey, ApiKeyId>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let below = Param::Id(query.cursor.map_or(Uuid::max(), |cursor| cursor.0));
            let most = Param::BigInt(i64::from(query.limit) + 1);
            let rows: Vec<KeyRow> = match query.merchant {
                Some(merchant) => {
                    let (merchant, same) = (merchant.to_string(), merchant.to_string());
                    let bounds = [Param::Text(merchant), Param::Text(same), below, most];
                    statement::<OfMerchant>(bounds).load(&mut connection).await?
                }
                None => statement::<Listed>([below, most]).load(&mut connection).await?,
            };
            let found = rows.into_iter().map(KeyRow::parse).collect::<Result<Vec<_>, _>>()?;
            Ok(PageOf::of(found, query.limit, |it| it.id))
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn used(
        &self,
        keys: &[ApiKeyId],
        at: Timestamp,
        known_since: Timestamp,
    ) -> Result<(), StoreError> {
        let write = async {
            let mut connection = self.pool.get().await?;
            let ids = Param::Ids(keys.iter().map(|id| id.0).collect());
            let used = statement::<Used>([Param::Time(at), ids, Param::Time(known_since)]);
            used.execute(&mut connection).await?;
            Ok(())
        };
        write.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

crate::statement::statements!(Shown, One, Listed, OfMerchant, Used);
