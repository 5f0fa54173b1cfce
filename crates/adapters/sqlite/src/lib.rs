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

mod accept;
mod account_reader;
mod accounts;
mod audit;
mod config;
mod connection;
mod due;
mod health;
mod journal;
mod list;
mod load_accounts;
mod payments;
#[cfg(test)]
mod plans;
mod proof_log;
mod quarantine;
mod quotes;
mod rows;
mod schema;
mod statement;
mod statement_lines;
mod store;
mod transact;
mod wallets;

pub use config::{Location, SqliteConfig};
pub use connection::OpenError;
pub use schema::SchemaError;
pub use store::SqliteStore;
