//! What the clients of a load share.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;
use super::seen::Seen;
use crate::told::Bar;
use crate::workload::{Choice, Workload};

/// What the clients share.
pub(super) struct Shared {
    pub(super) workload: Workload,
    pub(super) wait: Option<u8>,
    /// What the references or keys begin with.
    pub(super) name: String,
    pub(super) choice: Choice,
    pub(super) pace: Pace,
    pub(super) seen: RefCell<Seen>,
}

impl Shared {
    /// Says how far it is.
    pub(super) fn tell(&self, start: Instant, duration: Duration, bar: &Bar) {
        let elapsed = start.elapsed();
        let accepted = self.seen.borrow().accepted();
        let rate = accepted as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        bar.at_time(elapsed, duration, &format!("{accepted} accepted, {rate:.0}/s"));
    }
}
