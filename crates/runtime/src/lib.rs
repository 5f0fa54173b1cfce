//! The composition root: reads the environment, builds the adapters it asks for, puts the
//! application on them, runs it, and stops it in order. The one place that knows all adapters; the
//! binaries only say what to start.

mod acquirer;
mod api;
mod broker;
mod commands;
mod config;
mod demo;
mod serve;
mod settings;
mod stop;
mod store;
mod system;
mod tasks;
mod telemetry;
mod worker;

use config::Config;
use settings::Settings;
use std::fmt::Display;
use std::process::ExitCode;

pub use paygate_console::{Command, Form, ListAccounts, ListPayments, ShowStatement};
pub use paygate_core::Timestamp;
pub use paygate_core::account::{AccountRef, Alias};
pub use paygate_core::id::PaymentId;
pub use paygate_core::kind::Kind;
pub use paygate_core::money::Currency;
pub use paygate_core::statement::Period;
pub use paygate_core::status::Status;
pub use paygate_core::text::Reference;
pub use paygate_core::time::bound as parse_time;
pub use settings::{VARIABLES, Variable};

/// What a binary can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything in one process.
    Serve,
    /// The API alone.
    Api,
    /// A worker alone.
    Worker,
    /// The simulated acquirer as an HTTP server.
    Acquirer,
    /// Apply the migrations and end.
    Migrate,
    /// Print the effective configuration and end.
    Config,
    /// Answer an operator's command and end.
    Command(Command),
    /// Fill the store with a few wallets and a little history, and end.
    Demo {
        /// Also a store, or with a broker or an acquirer, where money may be real.
        force: bool,
    },
    /// Ask a running process for its readiness and end: the health check of containers.
    Health,
}

/// Why a process ends otherwise than asked to; one line for the operator.
pub(crate) type Fatal = String;

/// Runs a role with the environment's configuration until it is done or told to stop (SIGTERM,
/// SIGINT). A failure is one line on standard error and exit code 1.
#[must_use]
pub fn run(role: Role) -> ExitCode {
    match try_run(&role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("paygate: {why}");
            ExitCode::FAILURE
        }
    }
}

fn try_run(role: &Role) -> Result<(), Fatal> {
    let settings = Settings::from_environment().map_err(fatal)?;
    let config = Config::parse(&settings, role).map_err(fatal)?;
    if *role == Role::Config {
        return print_settings(&settings);
    }
    telemetry::start_logging(config.log_format, &config.log_filter)?;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    threads.map_err(fatal)?.block_on(async {
        match role {
            Role::Serve => serve::serve(config).await,
            Role::Api => api::run(config).await,
            Role::Worker => worker::run(config).await,
            Role::Acquirer => acquirer::run(config).await,
            Role::Migrate => store::migrate(&config).await,
            Role::Command(command) => commands::run(command, &config).await,
            Role::Demo { force } => demo::run(&config, *force).await,
            Role::Health => acquirer::health(&config).await,
            Role::Config => Ok(()),
        }
    })
}

/// The effective values as a table, secrets masked.
fn print_settings(settings: &Settings) -> Result<(), Fatal> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for (name, value) in settings.effective() {
        writeln!(out, "{name:<28} {value}").map_err(fatal)?;
    }
    Ok(())
}

fn fatal(error: impl Display) -> Fatal {
    error.to_string()
}
