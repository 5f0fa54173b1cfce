//! The PostgreSQL store (15 and later): every store port on diesel-async and a deadpool.
//!
//! What must stay true: rows are locked payments first, then accounts, each by id; a batch costs a
//! constant number of statements; every statement of the hot path is prepared once per connection;
//! transactions run in tasks of their own, so that a caller that goes away leaves none open.

mod accounts;
mod config;
mod error;
mod exchange;
mod health;
mod identity;
mod ledger;
mod payments;
#[cfg(test)]
mod plans;
mod pool;
mod rows;
mod schema;
mod statement;
mod store;
mod tls;

pub use config::{ConfigError, PostgresConfig};
pub use schema::SchemaError;
pub use store::PostgresStore;
