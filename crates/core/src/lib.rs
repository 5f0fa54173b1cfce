//! The pure domain of Paygate: money, payments and their states, accounts, the journal, and the
//! decisions that move one into the other.
//!
//! Nothing in this crate awaits, reads a clock, draws randomness or touches I/O; `now` and ids are
//! arguments. No type here is serialisable: DTOs and rows live at the edges and come in through
//! parsing constructors, so that an invalid value cannot be written down.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects
    )
)]

pub mod account;
pub mod book;
pub mod decision;
#[cfg(test)]
mod fixtures;
pub mod fx;
pub mod hold;
pub mod id;
pub mod identity;
pub mod journal;
pub mod kind;
pub mod money;
pub mod payment;
pub mod proof;
pub mod provider;
pub mod refund;
pub mod risk;
pub mod statement;
pub mod status;
pub mod terms;
pub mod text;
pub mod time;
pub mod transfer;
pub mod work;

/// A point in time, UTC, whole microseconds (what both stores keep).
pub type Timestamp = chrono::DateTime<chrono::Utc>;
