//! Merchants, taken in once.

use crate::error::PgError;
use crate::identity::audit_log::write_down;
use crate::rows::{corrupt, key_id};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Binary, Nullable, Text, Timestamptz};
use diesel::{OptionalExtension, Queryable};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::identity::{Actor, AuditEntry, Merchant, MerchantId, NewMerchant};
use paygate_core::text::Label;
use paygate_ports::{Made, MerchantQuery, MerchantStore, PageOf, StoreError, TakenIn};

struct TakeIn;
impl Sql for TakeIn {
    const TEXT: &'static str = "INSERT INTO merchants (id, name, created_by, key_hash, request_hash) \
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id, name, created_by, created_at";
    type Row = MerchantTypes;
}

struct OfKey;
impl Sql for OfKey {
    const TEXT: &'static str = "SELECT id, name, created_by, created_at, request_hash FROM merchants \
         WHERE key_hash = ?";
    type Row = (Text, Nullable<Text>, Text, Timestamptz, Nullable<Binary>);
}

struct One;
impl Sql for One {
    const TEXT: &'static str =
        "SELECT id, name, created_by, created_at FROM merchants WHERE id = ?";
    type Row = MerchantTypes;
}

struct Listed;
impl Sql for Listed {
    const TEXT: &'static str = "SELECT id, name, created_by, created_at FROM merchants WHERE id > ? \
         ORDER BY id LIMIT ?";
    type Row = MerchantTypes;
}

type MerchantTypes = (Text, Nullable<Text>, Text, Timestamptz);

#[derive(Queryable)]
struct MerchantRow {
    id: String,
    name: Option<String>,
    created_by: String,
    created_at: DateTime<Utc>,
}

#[async_trait]
impl MerchantStore for PostgresStore {
    async fn create(
        &self,
        merchant: NewMerchant,
        audit: AuditEntry,
    ) -> Result<TakenIn, StoreError> {
        let store = self.clone();
        self.spawned(async move { store.until_won(|| store.take_in_once(&merchant, &audit)).await })
            .await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let one = statement::<One>([Param::Text(id.to_string())]);
            let row = one.get_result::<MerchantRow>(&mut connection).await.optional()?;
            Ok(row.map(MerchantRow::parse).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn merchants(
        &self,
        query: MerchantQuery,
    ) -> Result<PageOf<Merchant, MerchantId>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let after = query.after.as_ref().map_or("", MerchantId::as_str).to_owned();
            let most = Param::BigInt(i64::from(query.limit) + 1);
            let listed = statement::<Listed>([Param::Text(after), most]);
            let rows = listed.load::<MerchantRow>(&mut connection).await?;
            let found = rows.into_iter().map(MerchantRow::parse).collect::<Result<Vec<_>, _>>()?;
            Ok(PageOf::of(found, query.limit, |it| it.id.clone()))
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn take_in_once(
        &self,
        merchant: &NewMerchant,
        audit: &AuditEntry,
    ) -> Result<TakenIn, PgError> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let sent = merchant.sent;
                let insert = statement::<TakeIn>([
                    Param::Text(merchant.id.to_string()),
                    Param::MaybeText(merchant.name.as_ref().map(|name| name.as_str().to_owned())),
                    Param::Text(merchant.created_by.to_string()),
                    Param::MaybeId(sent.map(|sent| key_id(sent.key))),
                    Param::MaybeBinary(sent.map(|sent| sent.hash.0.to_vec())),
                ]);
                let row = insert.get_result::<MerchantRow>(connection).await.optional()?;
                match row {
                    Some(row) => {
                        write_down(connection, audit).await?;
                        Ok(TakenIn::Made(Made::Created(row.parse()?)))
                    }
                    None => in_the_way(connection, merchant).await,
                }
            })
            .await
    }
}

async fn in_the_way(
    connection: &AsyncPgConnection,
    merchant: &NewMerchant,
) -> Result<TakenIn, PgError> {
    if let Some(sent) = merchant.sent {
        let find = statement::<OfKey>([Param::Id(key_id(sent.key))]);
        let row = find
            .get_result::<(String, Option<String>, String, DateTime<Utc>, Option<Vec<u8>>)>(
                &mut &*connection,
            );
        if let Some((id, name, created_by, created_at, hash)) = row.await.optional()? {
            let row = MerchantRow { id, name, created_by, created_at };
            return Ok(TakenIn::Made(match hash.as_deref() == Some(&sent.hash.0[..]) {
                true => Made::Replayed(row.parse()?),
                false => Made::KeyReused,
            }));
        }
    }
    let one = statement::<One>([Param::Text(merchant.id.to_string())]);
    let known = one.get_result::<MerchantRow>(&mut &*connection).await?.parse()?;
    Ok(match known.name == merchant.name {
        true => TakenIn::Made(Made::Replayed(known)),
        false => TakenIn::Taken,
    })
}

impl MerchantRow {
    fn parse(self) -> Result<Merchant, StoreError> {
        let bad = |what: &str| corrupt("merchants", &self.id, format!("{what} breaks its rule"));
        let name = self.name.as_deref().map(|text| Label::parse(text).map_err(|_| bad("name")));
        Ok(Merchant {
            id: MerchantId::parse(&self.id).map_err(|_| bad("id"))?,
            name: name.transpose()?,
            created_by: Actor::parse(&self.created_by).ok_or_else(|| bad("created_by"))?,
            created_at: self.created_at,
        })
    }
}

crate::statement::statements!(TakeIn, OfKey, One, Listed);
