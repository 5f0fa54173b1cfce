//! Exchange rates that never change.

use async_trait::async_trait;
use paygate_core::fx::AppliedRate;
use paygate_core::fx::table::RateTable;
use paygate_core::money::Currency;
use paygate_ports::{Clock, RateError, RateSource};
use std::sync::Arc;

/// The rates of a table, which hold at any time.
pub struct FixedRates {
    table: RateTable,
    clock: Arc<dyn Clock>,
}

impl FixedRates {
    /// The rates of this table, dated by this clock.
    #[must_use]
    pub fn new(table: RateTable, clock: Arc<dyn Clock>) -> Self {
        Self { table, clock }
    }

    fn now(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        let rate = self.table.rate(base, quote)?;
        Some(AppliedRate { rate, source: "fixed".to_owned(), as_of: self.clock.now() })
    }
}

#[async_trait]
impl RateSource for FixedRates {
    async fn rate(&self, base: Currency, quote: Currency) -> Result<AppliedRate, RateError> {
        self.now(base, quote).ok_or(RateError::NotQuoted)
    }

    async fn last_known(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        self.now(base, quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use paygate_core::fx::table::DEFAULT_RATES;
    use paygate_testkit::ManualClock;
    use std::time::Duration;

    #[tokio::test]
    async fn it_answers_from_the_table_as_of_now() {
        let clock = ManualClock::new(DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let table = RateTable::parse(DEFAULT_RATES).unwrap();
        let rates = FixedRates::new(table, Arc::new(clock.clone()));
        let [eur, jpy, kwd] = ["EUR", "JPY", "KWD"].map(|code| Currency::parse(code).unwrap());

        for seconds in [0, 86_400] {
            clock.advance(Duration::from_secs(seconds));
            let applied = rates.rate(eur, jpy).await.unwrap();
            assert_eq!(applied.rate.to_string(), "163.043478261");
            assert_eq!((applied.source.as_str(), applied.as_of), ("fixed", clock.now()));
            assert_eq!(rates.last_known(eur, jpy).await, Some(applied));
        }
        assert_eq!(rates.rate(eur, kwd).await, Err(RateError::NotQuoted));
        assert_eq!(rates.last_known(eur, kwd).await, None);
    }
}
