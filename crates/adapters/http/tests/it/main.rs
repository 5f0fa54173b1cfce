//! The HTTP adapter through the real actix app, over SQLite in memory and the in-process queue.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod accounts;
mod auth;
mod bad_requests;
mod create;
mod documents;
mod fx;
mod harness;
mod health;
mod holds;
mod idempotency;
mod integrity;
mod list;
mod openapi;
mod problems;
mod rates;
mod read;
mod refunds;
mod sandbox;
mod sockets;
mod statement;
mod store;
mod telemetry;
mod transfers;
mod wait;
