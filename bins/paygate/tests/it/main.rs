//! Paygate end to end: its programs as processes, on nothing and on real servers, stopped and
//! killed at awkward moments. After that every payment must be at its end, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod access;
mod acquirer;
mod books;
mod client;
mod commands;
mod database;
mod dice;
mod documents;
mod embedded;
mod first_contact;
mod house;
mod invariants;
mod kills;
mod load;
mod management;
mod messages;
mod mix;
mod money;
mod outages;
mod process;
mod races;
mod settings;
mod shape;
mod stack;
mod start;
mod wait;
mod wallets;
mod workers;
