//! The store against a real PostgreSQL, each test in a database of its own.

mod claims;
mod connection;
mod contract;
mod database;
mod failing;
mod migrations;
mod schema;
mod sweeping;
