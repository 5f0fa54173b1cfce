//! The application on SQLite in memory and a clock that stands still: what every test drives.

pub mod acquirer;
mod app;
pub mod counted;
pub mod queue;
mod rates;
mod requests;
mod store;
mod tables;
mod turns;
mod values;

pub use app::{CONFIRM, ENABLED, LOCKING, Rig, Running, claiming};
pub use paygate_testkit::build::house;
pub use store::key;
pub use turns::{eventually, rest, soon};
pub use values::{
    WE, aliased, asking, code, currency, decimal, empty_wallet, keyed, money, named, refused,
    under_key,
};
