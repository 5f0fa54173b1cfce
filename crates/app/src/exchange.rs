//! Exchange rates as customers get them: less the spread, and promised for a while by a quote.

pub(crate) mod forget_quotes;

use crate::payments::create_error::{CreateError, Refusal};
use chrono::TimeDelta;
use paygate_core::fx::{AppliedRate, ConversionError, Quote};
use paygate_core::id::QuoteId;
use paygate_core::identity::{Denied, Operation, Principal, SentKey};
use paygate_core::money::{Currency, Money};
use paygate_ports::{Clock, IdSource, Kept, QuoteStore, RateError, RateSource, StoreError};
use std::sync::Arc;

/// How rates are given out.
#[derive(Clone, Debug)]
pub struct ExchangeConfig {
    /// What of a conversion is kept, in basis points.
    pub spread_bps: u16,
    /// How long a quote is valid.
    pub quote_valid: TimeDelta,
}

impl Default for ExchangeConfig {
    fn default() -> Self {
        Self { spread_bps: 0, quote_valid: TimeDelta::seconds(30) }
    }
}

/// A rate to be promised.
#[derive(Clone, Debug)]
pub struct AskQuote {
    /// The source's currency.
    pub base: Currency,
    /// The destination's currency.
    pub quote: Currency,
    /// An example, in `base`, that must be worth something at the rate.
    pub amount: Option<Money>,
    /// The client's key, if it sent one.
    pub key: Option<SentKey>,
}

/// Gives out rates.
#[derive(Clone)]
pub struct Exchange {
    rates: Arc<dyn RateSource>,
    quotes: Arc<dyn QuoteStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    config: ExchangeConfig,
}

impl Exchange {
    /// Rates of this source, and quotes kept in this store.
    #[must_use]
    pub fn new(
        rates: Arc<dyn RateSource>,
        quotes: Arc<dyn QuoteStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        config: ExchangeConfig,
    ) -> Self {
        Self { rates, quotes, clock, ids, config }
    }

    /// The market's rate, without the spread.
    ///
    /// # Errors
    /// [`NoRate`].
    pub(crate) async fn market(
        &self,
        base: Currency,
        quote: Currency,
    ) -> Result<AppliedRate, NoRate> {
        self.rates.rate(base, quote).await.map_err(|error| NoRate::of(error, base, quote))
    }

    /// The rate a customer gets, less the spread.
    ///
    /// # Errors
    /// [`ConvertError`].
    pub async fn rate(
        &self,
        principal: &Principal,
        base: Currency,
        quote: Currency,
    ) -> Result<AppliedRate, ConvertError> {
        principal.may(Operation::ReadRates)?;
        Ok(self.customer(base, quote).await?)
    }

    /// As [`Exchange::rate`], for a payment that somebody may make.
    pub(crate) async fn customer(
        &self,
        base: Currency,
        quote: Currency,
    ) -> Result<AppliedRate, NoRate> {
        let market = self.market(base, quote).await?;
        if base == quote {
            return Ok(market);
        }
        let rate = market.rate.less_spread(self.config.spread_bps);
        Ok(AppliedRate { rate: rate.ok_or(NoRate::NotQuoted { base, quote })?, ..market })
    }

    /// The last known market rate, however stale: to compare, not to convert by.
    pub(crate) async fn last_known(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        self.rates.last_known(base, quote).await
    }

    /// What an amount would be credited with in another currency now, and the rate.
    ///
    /// # Errors
    /// [`ConvertError`].
    pub async fn convert(
        &self,
        principal: &Principal,
        amount: Money,
        to: Currency,
    ) -> Result<(Money, AppliedRate), ConvertError> {
        principal.may(Operation::ReadRates)?;
        let applied = self.customer(amount.currency, to).await?;
        Ok((applied.rate.credit_for(amount)?, applied))
    }

    /// Promises the present rate to one payment. Answers the promise, and whether an earlier request
    /// with the same key was answered with it.
    ///
    /// # Errors
    /// [`ConvertError`]; then nothing is promised.
    pub async fn quote(
        &self,
        principal: &Principal,
        asked: AskQuote,
    ) -> Result<(Quote, bool), ConvertError> {
        principal.may(Operation::Quote)?;
        let sent = asked.key.map(|key| key.within(principal, Operation::Quote));
        if let Some(sent) = sent
            && let Some((quote, hash)) = self.quotes.by_key(sent.key).await?
        {
            return match hash == sent.hash {
                true => Ok((quote, true)),
                false => Err(ConvertError::KeyReused),
            };
        }
        let applied = self.customer(asked.base, asked.quote).await?;
        // What can't be converted is told before anything is promised.
        asked.amount.map(|amount| applied.rate.credit_for(amount)).transpose()?;
        let quote = Quote {
            id: QuoteId(self.ids.uuid_v7()),
            owner: principal.own(),
            applied,
            expires_at: self.clock.now() + self.config.quote_valid,
        };
        match self.quotes.keep(quote.clone(), sent).await? {
            Kept::Created => Ok((quote, false)),
            Kept::Replayed(earlier) => Ok((earlier, true)),
            Kept::KeyReused => Err(ConvertError::KeyReused),
        }
    }

    /// The promised rate, for a payment that needs that one.
    pub(crate) async fn promised(
        &self,
        principal: &Principal,
        id: QuoteId,
        (base, quote): (Currency, Currency),
    ) -> Result<AppliedRate, CreateError> {
        let promised = self.quotes.quote(id).await?;
        let seen = promised.filter(|promised| principal.sees(promised.owner.as_ref()));
        let promised = seen.ok_or(Refusal::QuoteNotFound)?;
        let rate = &promised.applied.rate;
        if (rate.base(), rate.quote()) != (base, quote) {
            return Err(Refusal::CurrencyMismatch("the quote is for other currencies").into());
        }
        if promised.expires_at <= self.clock.now() {
            return Err(Refusal::QuoteExpired.into());
        }
        Ok(promised.applied)
    }
}

/// Why there is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRate {
    /// The source could not be asked, or what it last said is too old.
    #[error("exchange rates are unavailable: {0}")]
    Unavailable(String),
    /// The source has none between these currencies. Asking again does not help.
    #[error("there is no exchange rate from {base} to {quote}")]
    NotQuoted {
        /// The currency to be priced.
        base: Currency,
        /// The currency to price it in.
        quote: Currency,
    },
}

impl NoRate {
    fn of(error: RateError, base: Currency, quote: Currency) -> Self {
        match error {
            RateError::Unavailable(why) => Self::Unavailable(why),
            RateError::NotQuoted => Self::NotQuoted { base, quote },
        }
    }
}

/// Why an amount is not converted, or no rate promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no rate.
    #[error(transparent)]
    Rate(#[from] NoRate),
    /// The key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The amount can't be converted at that rate.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The quote was not kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoRate> for Refusal {
    fn from(why: NoRate) -> Self {
        match why {
            NoRate::Unavailable(_) => Self::FxUnavailable(why.to_string()),
            NoRate::NotQuoted { base, quote } => Self::FxNotQuoted { base, quote },
        }
    }
}

impl From<ConversionError> for Refusal {
    fn from(error: ConversionError) -> Self {
        match error {
            ConversionError::WrongCurrency => {
                Self::CurrencyMismatch("the amount is in another currency than the rate")
            }
            ConversionError::TooSmall => Self::AmountTooSmall,
            ConversionError::Overflow => Self::AmountTooLarge,
        }
    }
}
