//! The acquirer, the outside party that takes money from payers and gives it back: over HTTP
//! ([`HttpAcquirer`]), or simulated ([`SimulatedAcquirer`]) in this process or as a server of its own
//! ([`server`]).
//!
//! What must stay true: a key takes effect at most once; only an answer that is understood in full
//! becomes a decision; every call ends in bounded time; never more is given back than was taken.

mod call;
mod client;
mod effect;
mod fail_rate;
mod journal;
mod magic;
mod measured;
mod memory;
pub mod server;
mod simulated;
mod tls;
mod verdict;
mod wire;

pub use client::{HttpAcquirer, HttpAcquirerConfig, HttpAcquirerError};
pub use fail_rate::{FailRate, FailRateError};
pub use journal::JournalError;
pub use measured::Measured;
pub use memory::{CallCount, Totals};
pub use simulated::{SimulatedAcquirer, SimulatorConfig};
