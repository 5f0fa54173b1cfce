//! The acquirer adapters against their contract, and where each can fail in its own way.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client;
mod contract;
mod journal;
mod measured;
mod server;
mod simulated;
mod support;
