//! `cargo xtask bench`: how fast the shipped binaries are on this machine, through the whole path,
//! beside PostgreSQL's own benchmark on the same server in the same minute.
//!
//! It measures and judges nothing: the figures are for people to compare. What can't be measured
//! says so in its place of the table, and the rest goes on.

#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod batches;
mod binaries;
mod calls;
mod client;
mod database;
mod ledger;
mod load;
mod loads;
mod machine;
mod measure;
mod pgbench;
mod plan;
mod report;
mod requests;
mod service;
mod settled;
mod stages;
mod startup;
mod statements;
mod told;
mod usage;
mod wallets;
mod work;

use std::env;
use std::process::ExitCode;

use plan::Plan;
use report::Report;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Plan::parse(&words).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Builds what is measured, measures it, and prints the table, also of what was measured before a
/// failure.
fn run(plan: Plan) -> Result<(), String> {
    told::announce("building the binaries as they are shipped");
    binaries::build()?;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let threads = threads.map_err(|error| format!("threads: {error}"))?;
    let mut report = Report::default();
    let outcome = threads.block_on(measure::measure(plan, &mut report));
    println!("\n{}", report.table());
    outcome
}
