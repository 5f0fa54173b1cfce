//! What tests share: builders of valid domain values, a clock and ids that a test steers, a store
//! that fails on demand, the contract suites that every adapter of a port must pass, and where the
//! test servers are. A dev-dependency only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

pub mod acquirer;
mod at_once;
pub mod build;
mod clock;
pub mod faults;
mod ids;
mod invariants;
pub mod queue;
pub mod servers;
pub mod store;

pub use at_once::at_once;
pub use clock::ManualClock;
pub use ids::SequentialIds;
pub use invariants::assert_proven;
