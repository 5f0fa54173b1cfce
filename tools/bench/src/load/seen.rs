//! What the clients saw.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Longer times count as this.
const LONGEST_US: u64 = 120_000_000;

/// Times, to three digits.
#[derive(Debug)]
pub(crate) struct Times(Histogram<u64>);

impl Times {
    /// None yet.
    pub(crate) fn new() -> Result<Self, String> {
        Histogram::new_with_bounds(1, LONGEST_US, 3).map(Self).map_err(|error| error.to_string())
    }

    /// Adds one.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST_US));
    }

    /// Adds one; a time that is not after its start is none at all.
    pub(crate) fn add_microseconds(&mut self, time: i64) {
        self.0.saturating_record(u64::try_from(time).unwrap_or(0));
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// How they spread, if there are any.
    pub(crate) fn spread(&self) -> Option<Spread> {
        let at = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        (!self.0.is_empty()).then(|| Spread {
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            max_ms: milliseconds(self.0.max()),
        })
    }
}

fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1_000.0
}

/// The times that so much of all did not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

/// What the clients of a load saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// To the 201 of each payment.
    pub(crate) accept: Times,
    /// To the 200 of each capture.
    pub(crate) capture: Times,
    /// To the 200 of each read.
    pub(crate) read: Times,
    /// How often what else came: a status, or why there was none.
    pub(crate) others: BTreeMap<String, u64>,
    /// Due by the schedule, and not sent.
    pub(crate) unsent: u64,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
}

impl Seen {
    /// Nothing yet.
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self {
            accept: Times::new()?,
            capture: Times::new()?,
            read: Times::new()?,
            others: BTreeMap::new(),
            unsent: 0,
            took: Duration::ZERO,
        })
    }

    /// How many payments were accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.accept.count()
    }

    /// Counts an answer that is none of those that have times.
    pub(crate) fn other(&mut self, what: String) {
        *self.others.entry(what).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, Times};
    use std::time::Duration;

    #[test]
    fn a_spread_is_of_the_times() {
        let mut times = Times::new().unwrap();
        assert_eq!(times.spread(), None);
        for ms in 1..=200 {
            times.add(Duration::from_millis(ms));
        }
        let spread = times.spread().unwrap();
        let near = |is: f64, expected: f64| (is - expected).abs() <= expected / 500.0;
        let Spread { p50_ms, p90_ms, p99_ms, max_ms } = spread;
        assert!(near(p50_ms, 100.0) && near(p90_ms, 180.0), "{spread:?}");
        assert!(near(p99_ms, 198.0) && near(max_ms, 200.0), "{spread:?}");
        times.add(Duration::from_secs(999));
        assert!(near(times.spread().unwrap().max_ms, 120_000.0), "it is not lost");
    }
}
