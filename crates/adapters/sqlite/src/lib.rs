//! The store ports on SQLite: the embedded default in a file, and in memory the store of tests.
//!
//! What must stay true: one connection writes, whoever calls, in `BEGIN IMMEDIATE` transactions that
//! end before anything is awaited; the number of statements does not depend on the size of a batch
//! (lists travel as one JSON text, taken apart by `json_each`); a row that breaks a rule of the
//! domain is an error that names it.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::float_arithmetic)
)]

mod accounts;
mod config;
mod connection;
mod exchange;
mod health;
mod identity;
mod ledger;
mod payments;
#[cfg(test)]
mod plans;
mod rows;
mod schema;
mod statement;
mod store;

pub use config::{Location, SqliteConfig};
pub use connection::OpenError;
pub use schema::SchemaError;
pub use store::SqliteStore;
