//! The HTTP adapter through the real actix app, over mock adapters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod auth;
mod bad_requests;
mod create;
mod fake;
mod harness;
mod health;
mod idempotency;
mod list;
mod openapi;
mod problems;
mod read;
mod sockets;
mod telemetry;
mod wait;
