//! `cargo xtask bench`: how fast the shipped binaries are on this machine, through the whole path,
//! beside PostgreSQL's own benchmark on the same server in the same minute.
//!
//! It measures and judges nothing: the figures are for people to compare. What can't be measured
//! says so in its place of the table, and the rest goes on.

mod client;
mod database;
mod load;
mod machine;
mod pgbench;
mod report;
mod service;
mod stages;
mod startup;
mod usage;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use xtask::servers::{Postgres, RabbitMq, ensure_installed};

use crate::cargo;
use report::Report;
use service::Service;

/// Tells the optimised xtask that all is built.
const BUILT: &str = "--built";
/// Enough for both contenders; the rest stays as PostgreSQL has it, durability above all.
const SETTINGS: [(&str, &str); 1] = [("shared_buffers", "256MB")];

/// How long, and over how many connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    seconds: u64,
    connections: usize,
}

impl Plan {
    fn parse(arguments: &[&str]) -> Result<Self, String> {
        let (seconds, connections) = match *arguments {
            [] => ("20", "64"),
            [seconds] => (seconds, "64"),
            [seconds, connections] => (seconds, connections),
            _ => return Err("bench takes seconds and connections, no more".to_owned()),
        };
        let number = |text: &str, name: &str, most: u64| match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(format!("{name}: a number from 1 to {most}, not `{text}`")),
        };
        let seconds = number(seconds, "seconds", 3_600)?;
        let connections = number(connections, "connections", 2_000)?;
        Ok(Self { seconds, connections: usize::try_from(connections).unwrap_or(1) })
    }
}

/// Builds what is measured, then measures it: by this program if it is `--built`, else by the
/// optimised build of this program, since an unoptimised client would take the machine's time.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if let [BUILT, rest @ ..] = arguments {
        return report(Plan::parse(rest)?);
    }
    Plan::parse(arguments)?;
    announce("building the release binaries");
    cargo::run(&["build", "--release", "--workspace", "--bins"], &[])?;
    // In place of this process, so that whoever ends one ends the other.
    let error = Command::new(binary("xtask")).args(["bench", BUILT]).args(arguments).exec();
    Err(format!("the release build of xtask: {error}"))
}

/// A binary of the release build.
fn binary(name: &str) -> PathBuf {
    cargo::target().join("release").join(name)
}

/// Says what goes on; the figures come at the end.
fn announce(what: &str) {
    println!("── {what}");
}

/// Measures, and prints the table, also of what was measured before a failure.
fn report(plan: Plan) -> Result<(), String> {
    let mut report = Report::default();
    let outcome = measure(plan, &mut report);
    println!("\n{}", report.table());
    outcome
}

fn measure(plan: Plan, report: &mut Report) -> Result<(), String> {
    ensure_installed()?;
    stages::machine(report);
    announce("starting the embedded binary on an empty folder, five times");
    startup::measure(report);

    announce("starting PostgreSQL, RabbitMQ, acquirer, worker and API");
    let (postgres, rabbitmq) = start_servers()?;
    stages::servers(&postgres, report);
    let mut service = Service::start(&postgres, &rabbitmq)?;

    let pgbench = pgbench::prepare(&postgres);
    let before = pgbench.clone().and_then(|it| it.run(plan.seconds));
    let settled_per_second = stages::load(plan, &postgres, &rabbitmq, &mut service, report)?;
    let after = pgbench.and_then(|it| it.run(plan.seconds));
    stages::compare(settled_per_second, before, after, plan, report);
    stages::fixed_rate(plan, &mut service, report);
    stages::end_of_run(&postgres, report);
    Ok(())
}

fn start_servers() -> Result<(Postgres, RabbitMq), String> {
    thread::scope(|scope| {
        let broker = scope.spawn(RabbitMq::start);
        let postgres = Postgres::start_with(&SETTINGS);
        let broker = broker.join().map_err(|_| "starting RabbitMQ panicked")?;
        Ok((postgres?, broker?))
    })
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn the_plan_has_defaults_and_limits() {
        let parse = |arguments: &[&str]| Plan::parse(arguments);
        assert_eq!(parse(&[]), Ok(Plan { seconds: 20, connections: 64 }));
        assert_eq!(parse(&["5"]), Ok(Plan { seconds: 5, connections: 64 }));
        assert_eq!(parse(&["5", "256"]), Ok(Plan { seconds: 5, connections: 256 }));
        for wrong in [&["0"][..], &["-1"], &["5", "x"], &["5", "64", "1"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
