//! Quoted exchange rates.

use crate::error::PgError;
use crate::rows::{corrupt, key_id, rate};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, Queryable};
use diesel_async::RunQueryDsl;
use paygate_core::Timestamp;
use paygate_core::fx::{AppliedRate, Quote};
use paygate_core::id::QuoteId;
use paygate_core::identity::{Idempotency, KeyHash, Owner, RequestHash};
use paygate_core::money::Currency;
use paygate_ports::{Kept, QuoteStore, StoreError};
use uuid::Uuid;

struct Keep;
impl Sql for Keep {
    const TEXT: &'static str = "INSERT INTO fx_quotes \
         (id, owner, base, quote, numerator, denominator, source, as_of, expires_at, key_hash, \
         request_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    type Row = ();
}

struct One;
impl Sql for One {
    const TEXT: &'static str = "SELECT id, owner, base, quote, numerator, denominator, source, as_of, \
         expires_at FROM fx_quotes WHERE id = ?";
    type Row = QuoteTypes;
}

struct OfKey;
impl Sql for OfKey {
    const TEXT: &'static str = "SELECT id, owner, base, quote, numerator, denominator, source, as_of, \
         expires_at, request_hash FROM fx_quotes WHERE key_hash = ?";
    type Row = (QuoteTypes, Nullable<Binary>);
}

type QuoteTypes =
    (SqlUuid, Nullable<Text>, Text, Text, BigInt, BigInt, Text, Timestamptz, Timestamptz);

/// Of several who forget at once each takes others. What a payment uses meanwhile is kept by its
/// foreign key: then nothing is forgotten this time.
struct Forget;
impl Sql for Forget {
    const TEXT: &'static str = "DELETE FROM fx_quotes WHERE id = ANY(ARRAY(SELECT id FROM fx_quotes \
         WHERE NOT used AND expires_at < ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))";
    type Row = ();
}

#[derive(Queryable)]
struct QuoteRow {
    id: Uuid,
    owner: Option<String>,
    base: String,
    quote: String,
    numerator: i64,
    denominator: i64,
    source: String,
    as_of: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

#[async_trait]
impl QuoteStore for PostgresStore {
    async fn keep(&self, quote: Quote, sent: Option<Idempotency>) -> Result<Kept, StoreError> {
        let own = quote.id;
        let keep = async {
            let mut connection = self.pool.get().await?;
            let Quote { id, owner, applied: AppliedRate { rate, source, as_of }, expires_at } =
                quote;
            // Within range by the type.
            let part = |part: u64| Param::BigInt(i64::try_from(part).unwrap_or(i64::MAX));
            let insert = statement::<Keep>([
                Param::Id(id.0),
                Param::MaybeText(owner.map(|owner| owner.to_string())),
                Param::Text(rate.base().code().to_owned()),
                Param::Text(rate.quote().code().to_owned()),
                part(rate.numerator()),
                part(rate.denominator()),
                Param::Text(source),
                Param::Time(as_of),
                Param::Time(expires_at),
                Param::MaybeId(sent.map(|sent| key_id(sent.key))),
                Param::MaybeBinary(sent.map(|sent| sent.hash.0.to_vec())),
            ]);
            Ok(insert.execute(&mut connection).await?)
        };
        let inserted = keep.await.map_err(|error: PgError| self.pool.learn(error))?;
        match sent {
            Some(sent) if inserted == 0 => match self.by_key(sent.key).await? {
                Some((kept, _)) if kept.id == own => Ok(Kept::Created),
                Some((kept, hash)) if hash == sent.hash => Ok(Kept::Replayed(kept)),
                Some(_) => Ok(Kept::KeyReused),
                None => Err(StoreError::Unavailable("the quote of that key has just gone".into())),
            },
            _ => Ok(Kept::Created),
        }
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<(Quote, RequestHash)>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let find = statement::<OfKey>([Param::Id(key_id(key))]);
            let row = find.get_result::<(QuoteRow, Option<Vec<u8>>)>(&mut connection).await;
            let Some((row, hash)) = row.optional()? else { return Ok(None) };
            let id = QuoteId(row.id);
            let hash = hash.and_then(|hash| hash.try_into().ok());
            let hash =
                hash.ok_or_else(|| corrupt("fx_quotes", id, "request_hash is not 32 bytes"))?;
            Ok(Some((row.parse()?, RequestHash(hash))))
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let one = statement::<One>([Param::Id(id.0)]);
            let row = one.get_result::<QuoteRow>(&mut connection).await.optional()?;
            Ok(row.map(QuoteRow::parse).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn forget(&self, expired_before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let forget = async {
            let mut connection = self.pool.get().await?;
            let limit = Param::BigInt(i64::from(limit));
            let forget = statement::<Forget>([Param::Time(expired_before), limit]);
            Ok(forget.execute(&mut connection).await?)
        };
        let forgotten = forget.await.map_err(|error: PgError| self.pool.learn(error))?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }
}

impl QuoteRow {
    fn parse(self) -> Result<Quote, StoreError> {
        let id = QuoteId(self.id);
        let bad = |why: String| corrupt("fx_quotes", id, why);
        let currency = |code: &str| Currency::parse(code).map_err(|error| bad(error.to_string()));
        let (base, quote) = (currency(&self.base)?, currency(&self.quote)?);
        let rate = rate(base, quote, self.numerator, self.denominator).map_err(bad)?;
        let applied = AppliedRate { rate, source: self.source, as_of: self.as_of };
        let owner = self
            .owner
            .map(|text| Owner::parse(&text).ok_or_else(|| bad("unknown owner".to_owned())));
        Ok(Quote { id, owner: owner.transpose()?, applied, expires_at: self.expires_at })
    }
}

crate::statement::statements!(Keep, One, OfKey, Forget);
