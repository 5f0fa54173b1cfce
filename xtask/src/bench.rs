//! `cargo xtask bench`: how fast the shipped binaries are on this machine, through the whole path,
//! beside PostgreSQL's own benchmark on the same server in the same minute.
//!
//! It measures and judges nothing: the figures are for people to compare. What can't be measured
//! says so in its place of the table, and the rest goes on.

mod calls;
mod client;
mod database;
mod ledger;
mod load;
mod machine;
mod pgbench;
mod report;
mod service;
mod stages;
mod startup;
mod statements;
mod usage;
mod wallets;
mod work;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use paygate_test_servers::{Postgres, RabbitMq};

use crate::cargo;
use crate::install;
use crate::servers;
use report::Report;
use service::Service;
use statements::Statements;
use work::Work;

/// Tells the optimised xtask that all is built.
const BUILT: &str = "--built";
/// Enough for both contenders; the rest stays as PostgreSQL has it, durability above all.
const SETTINGS: [(&str, &str); 1] = [("shared_buffers", "256MB")];

/// What, how long, over how many connections, and for how many workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    work: Work,
    seconds: u64,
    connections: usize,
    workers: usize,
}

impl Plan {
    fn parse(arguments: &[&str]) -> Result<Self, String> {
        let named = arguments.split_first();
        let named = named.and_then(|(word, numbers)| Some((Work::parse(word)?, numbers)));
        let (work, numbers) = named.unwrap_or((Work::Charges, arguments));
        if numbers.len() > 3 {
            return Err(
                "bench takes a kind of payment, seconds, connections and workers".to_owned()
            );
        }
        let number = |place: usize, name: &str, default: usize, most: usize| {
            let Some(text) = numbers.get(place) else { return Ok(default) };
            match text.parse() {
                Ok(number) if (1..=most).contains(&number) => Ok(number),
                _ => Err(format!("{name}: a number from 1 to {most}, not `{text}`")),
            }
        };
        Ok(Self {
            work,
            seconds: number(0, "seconds", 20, 3_600)? as u64,
            connections: number(1, "connections", 64, 2_000)?,
            workers: number(2, "workers", 1, service::WORKERS.len())?,
        })
    }
}

/// Builds what is measured, then measures it: by this program if it is `--built`, else by the
/// optimised build of this program, since an unoptimised client would take the machine's time.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if let [BUILT, rest @ ..] = arguments {
        return report(Plan::parse(rest)?);
    }
    Plan::parse(arguments)?;
    install::require(servers::missing()?)?;
    announce("building the binaries as they are shipped");
    cargo::run(&["build", "--profile", "dist", "--package", "paygate", "--package", "xtask"], &[])?;
    // In place of this process, so that whoever ends one ends the other.
    let error = Command::new(binary("xtask")).args(["bench", BUILT]).args(arguments).exec();
    Err(format!("the optimised build of xtask: {error}"))
}

/// A binary of the build that is shipped.
fn binary(name: &str) -> PathBuf {
    cargo::target().join("dist").join(name)
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
    stages::machine(report);
    announce("starting the embedded binary on an empty folder, five times");
    startup::measure(report);

    announce("starting PostgreSQL, RabbitMQ, acquirer, workers and API");
    let (mut postgres, rabbitmq) = start_servers()?;
    let counting = statements::prepare(&mut postgres);
    stages::servers(&postgres, report);
    let mut statements = Statements::new(&postgres, counting, plan.work);
    let workers = statements.worker_database();
    let mut service = Service::start(plan.workers, &workers, &postgres, &rabbitmq)?;
    if plan.work == Work::Transfers {
        wallets::open(service.api.port)?;
    }

    let pgbench = pgbench::prepare(&postgres);
    let before = pgbench.clone().and_then(|it| it.run(plan.seconds));
    let servers = (&postgres, &rabbitmq);
    let settled_per_second = stages::load(plan, servers, &mut service, &mut statements, report)?;
    let after = pgbench.and_then(|it| it.run(plan.seconds));
    stages::compare(settled_per_second, before, after, plan, report);
    stages::fixed_rate(plan, &mut service, &mut statements, report);
    stages::end_of_run(&postgres, report);
    ledger::tell(&postgres, &rabbitmq, report);
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
    use super::{Plan, Work};

    #[test]
    fn the_plan_has_defaults_and_limits() {
        for (arguments, work, numbers) in [
            (&[][..], Work::Charges, (20, 64, 1)),
            (&["5"], Work::Charges, (5, 64, 1)),
            (&["5", "256"], Work::Charges, (5, 256, 1)),
            (&["5", "256", "2"], Work::Charges, (5, 256, 2)),
            (&["charges"], Work::Charges, (20, 64, 1)),
            (&["transfers"], Work::Transfers, (20, 64, 1)),
            (&["transfers", "15", "32", "2"], Work::Transfers, (15, 32, 2)),
        ] {
            let (seconds, connections, workers) = numbers;
            let expected = Plan { work, seconds, connections, workers };
            assert_eq!(Plan::parse(arguments), Ok(expected), "{arguments:?}");
        }
        for wrong in [
            &["0"][..],
            &["-1"],
            &["5", "x"],
            &["5", "64", "0"],
            &["5", "64", "5"],
            &["5", "64", "1", "1"],
            &["5", "transfers"],
            &["payouts"],
        ] {
            assert!(Plan::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
