//! The use cases as the outside sees them, on fakes that misbehave on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test that is how it fails")]

mod acquirer;
mod gate;
mod queue;
mod rig;
mod store;
mod store_ports;

mod accepting;
mod deliveries;
mod killed;
mod outages;
mod poison;
mod publishing;
mod redelivered;
mod retries;
mod slow_provider;
mod stopping;
mod sweeping;
mod two_workers;
mod waiting;
