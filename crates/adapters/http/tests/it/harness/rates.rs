//! Fixed rates that can be away.

use async_trait::async_trait;
use paygate_core::fx::AppliedRate;
use paygate_core::fx::table::{DEFAULT_RATES, RateTable};
use paygate_core::money::Currency;
use paygate_memory::FixedRates;
use paygate_ports::{RateError, RateSource};
use paygate_testkit::ManualClock;
use std::sync::{Arc, Mutex};

pub struct FakeRates {
    fixed: FixedRates,
    pub trouble: Mutex<Option<RateError>>,
}

impl FakeRates {
    pub fn new(clock: ManualClock) -> Self {
        let table = RateTable::parse(DEFAULT_RATES).unwrap();
        Self { fixed: FixedRates::new(table, Arc::new(clock)), trouble: Mutex::default() }
    }
}

#[async_trait]
impl RateSource for FakeRates {
    async fn rate(&self, base: Currency, quote: Currency) -> Result<AppliedRate, RateError> {
        let trouble = self.trouble.lock().unwrap().clone();
        match trouble {
            Some(error) => Err(error),
            None => self.fixed.rate(base, quote).await,
        }
    }

    async fn last_known(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        self.fixed.last_known(base, quote).await
    }
}
