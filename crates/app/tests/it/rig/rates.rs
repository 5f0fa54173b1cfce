//! Rates that a test moves, and that can be away, or never have been there.

use async_trait::async_trait;
use paygate_core::fx::AppliedRate;
use paygate_core::fx::table::{DEFAULT_RATES, RateTable};
use paygate_core::money::Currency;
use paygate_ports::{Clock, RateError, RateSource};
use paygate_testkit::ManualClock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct FakeRates {
    clock: ManualClock,
    table: Mutex<RateTable>,
    /// What it knows is too old to convert by.
    pub stale: AtomicBool,
    /// It never knew a rate.
    pub ignorant: AtomicBool,
}

impl FakeRates {
    pub fn new(clock: ManualClock) -> Self {
        let (stale, ignorant) = Default::default();
        let table = Mutex::new(RateTable::parse(DEFAULT_RATES).unwrap());
        Self { clock, table, stale, ignorant }
    }

    /// These rates hold from now on.
    pub fn set(&self, table: &str) {
        *self.table.lock().unwrap() = RateTable::parse(table).unwrap();
    }

    pub fn stale(&self, stale: bool) {
        self.stale.store(stale, Ordering::SeqCst);
    }

    fn known(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        if self.ignorant.load(Ordering::SeqCst) {
            return None;
        }
        let rate = self.table.lock().unwrap().rate(base, quote)?;
        Some(AppliedRate { rate, source: "fake".to_owned(), as_of: self.clock.now() })
    }
}

#[async_trait]
impl RateSource for FakeRates {
    async fn rate(&self, base: Currency, quote: Currency) -> Result<AppliedRate, RateError> {
        if self.stale.load(Ordering::SeqCst) {
            return Err(RateError::Unavailable("too old".to_owned()));
        }
        self.known(base, quote).ok_or(RateError::NotQuoted)
    }

    async fn last_known(&self, base: Currency, quote: Currency) -> Option<AppliedRate> {
        self.known(base, quote)
    }
}
