//! What `cargo xtask bench` measures, part by part.

mod shapes;
mod tables;
mod under_way;

use std::slice;

use crate::arguments::{PAIRS, RunArguments};
use crate::load::Load;
use crate::part::Part;
use crate::pgbench::PgBench;
use crate::results::{Counted, Results, WORKLOADS};
use crate::rounds::{Ground, Rounds, Subject};
use crate::servers::Servers;
use crate::service::Shape;
use crate::startup;
use crate::statements;
use crate::surroundings::Surroundings;
use crate::told::{self, announce};
use crate::workload::Workload;
use under_way::Suite;

/// Measures what is asked for. A part that fails is named among what is missing, and the rest goes
/// on.
pub(crate) fn run(arguments: &RunArguments, command: String) -> Result<Results, String> {
    announce("building the binaries that are measured");
    arguments.profile.build()?;
    announce("starting PostgreSQL and RabbitMQ");
    let servers = Servers::start()?;
    let surroundings = Surroundings::look(&servers, arguments.profile);
    told::tell(&surroundings.lines().join("\n"));
    let rounds = Rounds {
        pairs: usize::from(arguments.pairs.unwrap_or(PAIRS)),
        reference_seconds: if arguments.quick { 3 } else { 8 },
    };
    let pgbench = PgBench::prepare(&servers)?;
    let ground = Ground { profile: arguments.profile, servers, pgbench, rounds };
    let results = Results::new(surroundings, command);
    let mut suite = Suite { arguments, ground, results };
    suite.run();
    Ok(suite.results)
}

impl Suite<'_> {
    /// All parts. In a hurry the workloads share their rounds, and so the runs of pgbench.
    fn run(&mut self) {
        let mut parts = self.arguments.parts();
        if self.arguments.quick {
            let workloads: Vec<Workload> =
                parts.iter().filter_map(|part| part.workload()).collect();
            parts.retain(|part| part.workload().is_none());
            let measured = self.workloads(&workloads);
            self.note("workloads", measured);
        }
        let count = parts.len();
        for (place, part) in parts.into_iter().enumerate() {
            announce(&format!("part {} of {count}: {}", place + 1, part.name()));
            let measured = self.measure(part);
            self.note(part.name(), measured);
        }
    }

    fn measure(&mut self, part: Part) -> Result<(), String> {
        match part {
            Part::Of(workload) => self.workload(workload),
            Part::Startup => {
                self.results.startup = Some(startup::measure(self.ground.profile)?);
                Ok(())
            }
            Part::Waiting => self.waiting(),
            Part::Rates => self.rates(),
            Part::Connections => self.connections(),
            Part::Processes => self.processes(),
            Part::Embedded => self.embedded(),
            Part::Seeds => self.seeds(),
            Part::Tables => self.tables(),
        }
    }

    /// A workload as fast as it goes; then once more, counted.
    fn workload(&mut self, workload: Workload) -> Result<(), String> {
        let load = self.load(workload);
        let size = self.arguments.prefill.unwrap_or(0);
        let site = self.ground.filled_site(workload.name(), &load, size)?;
        let loads = slice::from_ref(&load);
        let compared = self.ground.compare(&Subject::Production(&site, Shape::default()), loads)?;
        self.keep(WORKLOADS, [(workload.name().to_owned(), None)], compared);
        let subject = Subject::Production(&site, Shape { counted: true, ..Shape::default() });
        let counted =
            statements::count(&self.ground.servers, |begin| self.once(&subject, loads, begin));
        let workload = workload.name().to_owned();
        match counted {
            Ok(statements) => self.results.statements.push(Counted { workload, statements }),
            Err(why) => self.results.missing.push(format!("statements of {workload}: {why}")),
        }
        site.drop(&self.ground.servers)
    }

    /// Workloads that take turns, on one database.
    fn workloads(&mut self, workloads: &[Workload]) -> Result<(), String> {
        let loads: Vec<Load> = workloads.iter().map(|workload| self.load(*workload)).collect();
        let Some(first) = loads.first() else { return Ok(()) };
        let size = self.arguments.prefill.unwrap_or(0);
        let site = self.ground.filled_site("workloads", first, size)?;
        let compared =
            self.ground.compare(&Subject::Production(&site, Shape::default()), &loads)?;
        let names = workloads.iter().map(|workload| (workload.name().to_owned(), None));
        self.keep(WORKLOADS, names, compared);
        site.drop(&self.ground.servers)
    }
}
