//! The testkit's own promises: its doubles are held to the contracts they stand in for.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test that is how it fails")]

mod faults;
mod faulty_store;
