//! The PostgreSQL store (15 and later): every store port on diesel-async and a deadpool.
//!
//! What must stay true: rows are locked payments first, then accounts, each by id; a batch costs a
//! constant number of statements; every statement of the hot path is prepared once per connection;
//! transactions run in tasks of their own, so that a caller that goes away leaves none open.

mod accept;
mod account_reader;
mod accounts;
mod audit;
mod changes;
mod config;
mod due;
mod error;
mod health;
mod journal;
mod list;
#[cfg(test)]
mod plans;
mod pool;
mod proof_log;
mod quarantine;
mod quotes;
mod reader;
mod rows;
mod schema;
mod statement;
mod store;
mod tls;
mod transact;
mod wallets;

pub use config::{ConfigError, PostgresConfig};
pub use schema::SchemaError;
pub use store::PostgresStore;
