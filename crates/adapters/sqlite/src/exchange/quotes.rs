//! Quotes: kept once, read until they are of no more use.

use crate::rows::{Broken, currency, id, rate, read, shown, time};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use paygate_core::Timestamp;
use paygate_core::fx::{AppliedRate, Quote};
use paygate_core::id::QuoteId;
use paygate_core::identity::{Idempotency, KeyHash, Owner, RequestHash};
use paygate_ports::{Kept, QuoteStore, StoreError};

const INSERT: &str = "\
    INSERT INTO fx_quotes (id, owner, base, quote, numerator, denominator, source, as_of, expires_at, \
        key_hash, request_hash) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

const SELECT: &str = "\
    SELECT id, owner, base, quote, numerator, denominator, source, as_of, expires_at, request_hash \
    FROM fx_quotes WHERE id = ?";

const SELECT_BY_KEY: &str = "\
    SELECT id, owner, base, quote, numerator, denominator, source, as_of, expires_at, request_hash \
    FROM fx_quotes WHERE key_hash = ?";

const FORGET: &str = "\
    DELETE FROM fx_quotes WHERE id IN (SELECT id FROM fx_quotes \
        WHERE NOT used AND expires_at < ? ORDER BY expires_at LIMIT ?)";

#[derive(QueryableByName)]
struct QuoteRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    owner: Option<String>,
    #[diesel(sql_type = Text)]
    base: String,
    #[diesel(sql_type = Text)]
    quote: String,
    #[diesel(sql_type = BigInt)]
    numerator: i64,
    #[diesel(sql_type = BigInt)]
    denominator: i64,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = BigInt)]
    as_of: i64,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    request_hash: Option<Vec<u8>>,
}

impl QuoteRow {
    fn parse(&self) -> Result<Quote, Broken> {
        let currencies = (currency("base", &self.base)?, currency("quote", &self.quote)?);
        let applied = AppliedRate {
            rate: rate("numerator", currencies, (self.numerator, self.denominator))?,
            as_of: time("as_of", self.as_of)?,
            source: self.source.clone(),
        };
        let owner = self.owner.as_deref();
        let owner = owner.map(|text| read("owner", text, Owner::parse(text))).transpose()?;
        let expires_at = time("expires_at", self.expires_at)?;
        Ok(Quote { id: QuoteId(id("id", &self.id)?), owner, applied, expires_at })
    }

    fn quote(&self) -> Result<Quote, StoreError> {
        self.parse().map_err(|broken| broken.in_row("fx_quotes", shown(&self.id)))
    }

    fn hash(&self) -> Result<RequestHash, StoreError> {
        let hash = self.request_hash.as_deref().and_then(|hash| hash.try_into().ok());
        let hash = read("request_hash", "not of 32 bytes", hash);
        let hash = hash.map_err(|broken| broken.in_row("fx_quotes", shown(&self.id)));
        Ok(RequestHash(hash?))
    }
}

#[async_trait]
impl QuoteStore for SqliteStore {
    async fn keep(&self, quote: Quote, sent: Option<Idempotency>) -> Result<Kept, StoreError> {
        let Quote { id: own, owner, applied: AppliedRate { rate, source, as_of }, expires_at } =
            quote;
        let part = |part: u64| {
            let too_great = |_| StoreError::Refused(format!("a rate has no part {part}"));
            i64::try_from(part).map_err(too_great)
        };
        let insert = statement(INSERT)
            .id(own.0)
            .optional_text(owner.map(|owner| owner.to_string()).as_deref())
            .text(rate.base().code())
            .text(rate.quote().code())
            .integer(part(rate.numerator())?)
            .integer(part(rate.denominator())?)
            .text(&source)
            .time(as_of)
            .time(expires_at)
            .optional_blob(sent.as_ref().map(|sent| &sent.key.0[..]))
            .optional_blob(sent.as_ref().map(|sent| &sent.hash.0[..]));
        self.write(move |connection, _| {
            let inserted = insert.run(connection)?;
            let Some(sent) = sent.filter(|_| inserted == 0) else { return Ok(Kept::Created) };
            let find = statement(SELECT_BY_KEY).blob(&sent.key.0);
            let row: Option<QuoteRow> = find.row(connection)?;
            let gone = || StoreError::Refused("the quote is another's".to_owned());
            let row = row.ok_or_else(gone)?;
            let kept = row.quote()?;
            Ok(match (kept.id == own, row.hash()? == sent.hash) {
                (true, _) => Kept::Created,
                (false, true) => Kept::Replayed(kept),
                (false, false) => Kept::KeyReused,
            })
        })
        .await
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<(Quote, RequestHash)>, StoreError> {
        self.read(move |connection| {
            let row: Option<QuoteRow> = statement(SELECT_BY_KEY).blob(&key.0).row(connection)?;
            row.map(|row| Ok((row.quote()?, row.hash()?))).transpose()
        })
        .await
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.read(move |connection| {
            let row: Option<QuoteRow> = statement(SELECT).id(id.0).row(connection)?;
            row.map(|row| row.quote()).transpose()
        })
        .await
    }

    async fn forget(&self, expired_before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let forget = statement(FORGET).time(expired_before).integer(i64::from(limit));
        let forgotten = self.write(move |connection, _| forget.run(connection)).await?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, SELECT, SELECT_BY_KEY, FORGET];
