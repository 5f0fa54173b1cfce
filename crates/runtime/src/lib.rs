//! The composition root: reads the environment, builds the adapters it asks for, puts the
//! application on them, runs it, and stops it in order. The one place that knows all adapters; the
//! binaries only say what to start.

mod acquirer;
mod api;
mod broker;
mod commands;
mod config;
mod demo;
mod fatal;
mod identity;
mod serve;
mod settings;
mod start;
mod stop;
mod store;
mod system;
mod tasks;
mod telemetry;
mod worker;

use config::Config;
use fatal::{Fatal, fatal};
use settings::Settings;
use std::process::ExitCode;

pub use paygate_console::{Command, Form, ListAccounts, ListAudit, ListPayments, ShowStatement};
pub use paygate_core::Timestamp;
pub use paygate_core::account::{AccountRef, Alias};
pub use paygate_core::id::PaymentId;
pub use paygate_core::identity::{Actor, AuditAction, Target};
pub use paygate_core::kind::Kind;
pub use paygate_core::money::Currency;
pub use paygate_core::statement::Period;
pub use paygate_core::status::Status;
pub use paygate_core::text::Reference;
pub use paygate_core::time::bound as parse_time;
pub use settings::{VARIABLES, Variable};
pub use start::Start;

/// Starts what is asked for with the environment's configuration, until it is done or told to stop (SIGTERM,
/// SIGINT). A failure is one line on standard error and exit code 1.
#[must_use]
pub fn run(start: Start) -> ExitCode {
    match try_run(&start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("paygate: {why}");
            ExitCode::FAILURE
        }
    }
}

fn try_run(start: &Start) -> Result<(), Fatal> {
    let settings = Settings::from_environment().map_err(fatal)?;
    let config = Config::parse(&settings, start).map_err(fatal)?;
    if *start == Start::Config {
        return print_settings(&settings);
    }
    telemetry::start_logging(config.log_format, &config.log_filter)?;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    threads.map_err(fatal)?.block_on(async {
        match start {
            Start::Serve => serve::serve(config).await,
            Start::Api => api::run(config).await,
            Start::Worker => worker::run(config).await,
            Start::Acquirer => acquirer::run(config).await,
            Start::Migrate => store::migrate(&config).await,
            Start::Command(command) => commands::run(command, &config).await,
            Start::Demo { force } => demo::run(&config, *force).await,
            Start::Health => acquirer::health(&config).await,
            Start::Config => Ok(()),
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
