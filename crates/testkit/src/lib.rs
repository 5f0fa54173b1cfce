//! What tests share: builders of valid domain values, a clock and ids that a test steers, the
//! contract suites that every adapter of a port must pass, and where the test servers are. A
//! dev-dependency only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

pub mod acquirer;
pub mod build;
mod clock;
mod ids;
pub mod queue;
pub mod servers;
pub mod store;

pub use clock::ManualClock;
pub use ids::SequentialIds;
