//! Where exchange rates come from.

use async_trait::async_trait;
use paygate_core::fx::AppliedRate;
use paygate_core::money::Currency;
use thiserror::Error;

/// There is no rate to convert by now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RateError {
    /// The source could not be asked, or what it last said is too old.
    #[error("exchange rates are unavailable: {0}")]
    Unavailable(String),
    /// The source has no rate between these currencies. Asking again does not help.
    #[error("there is no rate between these currencies")]
    NotQuoted,
}

/// Tells rates. Both methods only read, and may be asked at will.
#[async_trait]
pub trait RateSource: Send + Sync {
    /// The rate from one currency to another, mid and before any spread; 1 for the same currency.
    /// Never older than the source's staleness limit.
    ///
    /// # Errors
    /// [`RateError`]; then nothing may be converted by [`RateSource::last_known`] instead.
    async fn rate(&self, base: Currency, quote: Currency) -> Result<AppliedRate, RateError>;

    /// The last rate the source had, however stale: good enough to compare amounts with limits,
    /// not to convert by. `None` if it never had one. Does not fail and does not wait for anybody.
    async fn last_known(&self, base: Currency, quote: Currency) -> Option<AppliedRate>;
}
