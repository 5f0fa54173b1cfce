//! `paygate`: everything in one process, and the operator's commands.

mod arguments;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    paygate_runtime::run(Arguments::parse().into_start())
}
