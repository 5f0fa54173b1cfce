//! The HTTP adapter through the real actix app, over SQLite in memory and the in-process queue.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod harness;

mod access;
mod accounts;
mod api_keys;
mod audit;
mod bad_requests;
mod documents;
mod fx;
mod integrity;
mod keys;
mod merchants;
mod openapi;
mod payments;
mod principals;
mod problems;
mod server;
