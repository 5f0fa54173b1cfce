//! How fast Paygate is: a load generator for running servers, and `cargo xtask bench`, which
//! measures the shipped binaries on this machine, through the whole path, beside PostgreSQL's own
//! benchmark on the same server in the same minutes.
//!
//! It measures and judges nothing. Throughput is what was settled, never what was only accepted.

#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod arguments;
mod binaries;
mod charts;
mod command;
mod compared;
mod database;
mod document;
mod http;
mod load;
mod machine;
mod measured;
mod numbers;
mod outcome;
mod part;
mod pgbench;
mod prefill;
mod prove;
mod report;
mod results;
mod rounds;
mod servers;
mod service;
mod startup;
mod statements;
mod suite;
mod surroundings;
mod told;
mod usage;
mod wait_for;
mod witness;
mod workload;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    machine::open_many_files();
    match command::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}
