//! The use cases as the outside sees them, on a store and a broker that misbehave on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test that is how it fails")]

mod rig;

mod accounts;
mod exchange;
mod ledger;
mod payments;
mod swapped;
mod work;
