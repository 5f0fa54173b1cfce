//! The in-process adapters against the contracts of their ports, and what they add for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod contract;
mod steering;
