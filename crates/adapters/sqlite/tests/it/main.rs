//! The SQLite store against the contract of its ports, and what is SQLite's own.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod audit;
mod contract;
mod files;
mod rows;
mod schema;
mod support;
