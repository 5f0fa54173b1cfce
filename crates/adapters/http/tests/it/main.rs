//! The HTTP adapter through the real actix app, over mock adapters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod accounts;
mod auth;
mod bad_requests;
mod create;
mod documents;
mod fake;
mod fx;
mod harness;
mod health;
mod holds;
mod idempotency;
mod integrity;
mod list;
mod openapi;
mod problems;
mod read;
mod refunds;
mod sandbox;
mod sockets;
mod statement;
mod telemetry;
mod transfers;
mod wait;
