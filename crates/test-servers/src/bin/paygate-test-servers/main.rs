//! Lends private servers to commands: those of `cargo xtask test` and `cargo xtask services`.

#![allow(clippy::print_stdout, reason = "a command line answers on its standard output")]

mod missing;
mod run;
mod services;

use std::env;
use std::path::Path;
use std::process::ExitCode;

/// The whole of the command line.
const USAGE: &str = "\
usage: paygate-test-servers <command>

  run -- <command> [args]  run a command with PostgreSQL and RabbitMQ: those of TEST_DATABASE_URL
                           and TEST_RABBITMQ_URL if set, else private ones, which the command finds
                           in these variables and which end with it
  up <folder>              start both for work by hand, on loopback, their data in this folder
  env <folder>             print their addresses for the shell
  down <folder>            stop them and keep their data
  missing                  print the Debian packages that `run` would miss, one a line";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", "--", program, arguments @ ..] => run::run(program, arguments),
        ["up", folder] => services::up(Path::new(folder)).map(|()| ExitCode::SUCCESS),
        ["env", folder] => services::env(Path::new(folder)).map(|()| ExitCode::SUCCESS),
        ["down", folder] => services::down(Path::new(folder)).map(|()| ExitCode::SUCCESS),
        ["missing"] => {
            run::missing().iter().for_each(|package| println!("{package}"));
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("paygate-test-servers: {message}");
        ExitCode::FAILURE
    })
}
