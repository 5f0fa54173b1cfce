//! Paygate end to end: its programs as processes, on nothing and on real servers, stopped and
//! killed at awkward moments. After that every payment must be at its end, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod acquirer;
mod client;
mod database;
mod embedded;
mod invariants;
mod load;
mod management;
mod messages;
mod outages;
mod process;
mod stack;
mod start;
mod wait;
mod workers;
