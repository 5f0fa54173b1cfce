//! What became of the payments of a load, by the service's own times of each. Only what is settled
//! counts as done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::load::Spread;

/// What became of the payments after a mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// How many came to SUCCESS.
    pub(crate) settled: u64,
    /// From the first that was accepted to the last that was settled.
    pub(crate) seconds: f64,
    /// From a payment's acceptance to its end.
    pub(crate) settle: Option<Spread>,
    /// How many came to another end, or to none: `FAILED insufficient-funds`.
    pub(crate) others: BTreeMap<String, u64>,
}

impl Outcome {
    /// How many were settled a second.
    pub(crate) fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.settled as f64 / self.seconds } else { 0.0 }
    }
}
