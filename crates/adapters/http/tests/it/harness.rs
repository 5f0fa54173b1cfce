//! The app over SQLite in memory and the in-process queue, and short ways to ask it.

mod answer;
mod app;
mod principals;
mod rates;
mod store;
mod tables;

pub use answer::{Answer, answer, post};
pub use app::Harness;
pub use principals::{Anybody, Tokens};

pub const PAYMENTS: &str = "/api/v1/payments";
pub const ACCOUNTS: &str = "/api/v1/accounts";
pub const TRANSFERS: &str = "/api/v1/transfers";
/// The body of the seed's own example.
pub const EXAMPLE: &str = r#"{"amount":100.50,"currency":"USD","reference":"REF-001"}"#;
/// An id no payment has.
pub const UNKNOWN: &str = "018bcfe5-687b-7000-8000-00000000dead";
