//! Developer tasks: `cargo xtask test | check | bench | services`. What each does is in [`USAGE`].
//!
//! Standard library only, so that it builds in a second however broken the rest is.

#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod bench;
mod cargo;
mod check;
mod install;
mod missing;
mod openapi;
mod servers;
mod steps;
mod test;

use std::env;
use std::process::ExitCode;

use steps::Steps;

/// The whole of the command line.
const USAGE: &str = "\
usage: cargo xtask <command>

  install        install the Debian packages of what is missing, as root; nothing else does
  test [args]    build and run every test (or `cargo test` with these arguments)
                 against PostgreSQL and RabbitMQ: those of TEST_DATABASE_URL and
                 TEST_RABBITMQ_URL if set, else private ones that end with the run
  check          what CI runs: format, lints, the rules of the house, documentation, tests, openapi
  openapi        hold the OpenAPI document against a running `paygate` by tools of others: two
                 validators, generated requests, and a generated client (python3)
  bench [--quick] [parts]
                 build the binaries as shipped and measure them beside pgbench, on private servers:
                 throughput, latency, CPU, memory, statements, and whether the ledger holds
                 (--help tells the rest; --profile release spares the long build)
  services up    start PostgreSQL and RabbitMQ for work by hand, on loopback
  services env   print their addresses: eval \"$(cargo xtask services env)\"
  services down  stop them and keep their data";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["install"] => install::run(),
        ["test", rest @ ..] => in_steps(|steps| test::run(steps, rest, &[])),
        ["check"] => in_steps(check::run),
        ["openapi"] => in_steps(openapi::run),
        ["bench", rest @ ..] => bench::run(rest),
        ["services", command @ ("up" | "env" | "down")] => servers::services(command),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs steps, and closes with the table of those that ran, also after a failure.
fn in_steps(work: impl FnOnce(&mut Steps) -> Result<(), String>) -> Result<(), String> {
    let mut steps = Steps::default();
    let outcome = work(&mut steps);
    if !steps.is_empty() {
        println!("\n{}", steps.table());
    }
    outcome
}
