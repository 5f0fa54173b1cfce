//! A load beside the reference, round by round.

use serde::{Deserialize, Serialize};

use crate::measured::Measured;
use crate::numbers::median;
use crate::pgbench::Reference;

/// A load, and the reference before and after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// Settled payments for each transaction of the reference.
    pub(crate) ratio: f64,
    /// The mean of before and after.
    pub(crate) reference: Reference,
    pub(crate) measured: Measured,
}

/// One load in all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    /// The median of the ratios.
    pub(crate) ratio: f64,
    pub(crate) pairs: Vec<Pair>,
}

impl Pair {
    /// One of them.
    pub(crate) fn of(measured: Measured, reference: Reference) -> Self {
        let ratio = measured.loaded.settled_per_second / reference.tps.max(f64::MIN_POSITIVE);
        Self { ratio, reference, measured }
    }
}

impl Compared {
    /// All of them.
    pub(crate) fn of(pairs: Vec<Pair>) -> Self {
        Self { ratio: median(pairs.iter().map(|pair| pair.ratio)), pairs }
    }

    /// The pair whose ratio is the median, by which the rest is told.
    pub(crate) fn typical(&self) -> Option<&Pair> {
        let distance = |pair: &&Pair| (pair.ratio - self.ratio).abs();
        self.pairs.iter().min_by(|one, other| distance(one).total_cmp(&distance(other)))
    }
}
