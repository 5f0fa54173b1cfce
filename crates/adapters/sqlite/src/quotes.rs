//! Quotes: kept once, read until they are of no more use.

use crate::rows::{Broken, currency, rate, shown, time};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use paygate_core::Timestamp;
use paygate_core::fx::{AppliedRate, Quote};
use paygate_core::id::QuoteId;
use paygate_ports::{QuoteStore, StoreError};

const INSERT: &str = "\
    INSERT INTO fx_quotes (id, base, quote, numerator, denominator, source, as_of, expires_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";

const SELECT: &str = "\
    SELECT base, quote, numerator, denominator, source, as_of, expires_at \
    FROM fx_quotes WHERE id = ?";

const FORGET: &str = "\
    DELETE FROM fx_quotes WHERE id IN (SELECT id FROM fx_quotes \
        WHERE NOT used AND expires_at < ? ORDER BY expires_at LIMIT ?)";

#[derive(QueryableByName)]
struct QuoteRow {
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
}

impl QuoteRow {
    fn parse(self, id: QuoteId) -> Result<Quote, Broken> {
        let currencies = (currency("base", &self.base)?, currency("quote", &self.quote)?);
        let applied = AppliedRate {
            rate: rate("numerator", currencies, (self.numerator, self.denominator))?,
            as_of: time("as_of", self.as_of)?,
            source: self.source,
        };
        Ok(Quote { id, applied, expires_at: time("expires_at", self.expires_at)? })
    }
}

#[async_trait]
impl QuoteStore for SqliteStore {
    async fn keep(&self, quote: Quote) -> Result<(), StoreError> {
        let Quote { id, applied: AppliedRate { rate, source, as_of }, expires_at } = quote;
        let part = |part: u64| {
            let too_great = |_| StoreError::Refused(format!("a rate has no part {part}"));
            i64::try_from(part).map_err(too_great)
        };
        let insert = statement(INSERT)
            .id(id.0)
            .text(rate.base().code())
            .text(rate.quote().code())
            .integer(part(rate.numerator())?)
            .integer(part(rate.denominator())?)
            .text(&source)
            .time(as_of)
            .time(expires_at);
        self.write(move |connection, _| insert.run(connection).map(drop)).await
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.read(move |connection| {
            let row: Option<QuoteRow> = statement(SELECT).id(id.0).row(connection)?;
            let quote = row.map(|row| row.parse(id)).transpose();
            quote.map_err(|broken| broken.in_row("fx_quotes", shown(id.0.as_bytes())))
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
pub(crate) const STATEMENTS: &[&str] = &[INSERT, SELECT, FORGET];
