//! `paygate`: everything in one process, and the operator's commands.

use clap::{Parser, Subcommand};
use paygate_runtime::{PaymentId, Role};
use std::process::ExitCode;

/// A payment service: accepts payments over HTTP and settles each exactly once.
///
/// Configured by environment variables; `paygate config` shows them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Run API and worker in this process (the default)
    Serve,
    /// Apply the database migrations that are missing
    Migrate,
    /// Print the effective configuration, secrets masked
    Config,
    /// Run the simulated acquirer as an HTTP server
    Acquirer,
    /// List the payments that were set aside as poison, with their reasons
    Parked,
    /// Take a payment out of the quarantine: it is due again at once
    Unpark {
        /// The payment's id
        id: PaymentId,
    },
    /// Ask the process on HOST:PORT (or METRICS_PORT) whether it is alive; for container checks
    Health,
}

fn main() -> ExitCode {
    let role = match Arguments::parse().command {
        None | Some(Command::Serve) => Role::Serve,
        Some(Command::Migrate) => Role::Migrate,
        Some(Command::Config) => Role::Config,
        Some(Command::Acquirer) => Role::Acquirer,
        Some(Command::Parked) => Role::Parked,
        Some(Command::Unpark { id }) => Role::Unpark(id),
        Some(Command::Health) => Role::Health,
    };
    paygate_runtime::run(role)
}
