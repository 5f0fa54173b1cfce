//! Properties of the domain under random sequences of operations, through its public face alone.
#![allow(clippy::unwrap_used, reason = "in a test that is how it fails")]

mod book_model;
mod book_properties;
mod charge_properties;
mod fx_properties;
mod ledger;
mod ledger_properties;
mod proof;
mod refund_properties;
