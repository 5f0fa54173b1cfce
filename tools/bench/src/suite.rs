//! What `cargo xtask bench` measures.

use std::time::Duration;

use crate::arguments::{RunArguments, WALLETS};
use crate::load::Load;
use crate::part::Part;
use crate::pgbench::PgBench;
use crate::report;
use crate::rounds::{Compared, Ground, Rounds, Subject};
use crate::servers::Servers;
use crate::service::Shape;
use crate::statements;
use crate::surroundings::Surroundings;
use crate::told::announce;
use crate::workload::Workload;

/// Measures what is asked for.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), String> {
    announce("building the binaries that are measured");
    arguments.profile.build()?;
    announce("starting PostgreSQL and RabbitMQ");
    let servers = Servers::start()?;
    let surroundings = Surroundings::look(&servers, arguments.profile);
    println!("{}\n", surroundings.lines().join("\n"));
    let rounds = Rounds {
        pairs: arguments.pairs.map_or(3, usize::from),
        reference_seconds: if arguments.quick { 3 } else { 8 },
    };
    let pgbench = PgBench::prepare(&servers)?;
    let ground = Ground { profile: arguments.profile, servers, pgbench, rounds };
    let parts = match arguments.parts.as_slice() {
        [] => &[Part::Of(Workload::Transfer), Part::Of(Workload::Charge)],
        named => named,
    };
    let workload = |part: &Part| match part {
        Part::Of(workload) => Some(*workload),
        Part::Embedded => None,
    };
    let workloads: Vec<Workload> = parts.iter().filter_map(workload).collect();
    if !workloads.is_empty() {
        production(&ground, arguments, &workloads)?;
    }
    if parts.contains(&Part::Embedded) {
        let load = load(arguments, Workload::Transfer);
        let compared = ground.compare(&Subject::Embedded, &[load])?;
        tell(&["embedded"], &compared);
    }
    Ok(())
}

fn production(
    ground: &Ground,
    arguments: &RunArguments,
    workloads: &[Workload],
) -> Result<(), String> {
    let loads: Vec<Load> = workloads.iter().map(|workload| load(arguments, *workload)).collect();
    let site = ground.site("paygate")?;
    let compared = ground.compare(&Subject::Production(&site, Shape::default()), &loads)?;
    if !arguments.quick {
        for load in &loads {
            let shape = Shape { counted: true, ..Shape::default() };
            let subject = Subject::Production(&site, shape);
            let counted = statements::count(&ground.servers, || {
                let mut service = ground.start(&subject)?;
                let measured = ground.round(&subject, &mut service, std::slice::from_ref(load))?;
                service.stop()?;
                measured.into_iter().next().ok_or_else(|| "nothing was measured".to_owned())
            });
            let name = load.workload.name();
            match counted {
                Ok(counted) => println!("\n{}", report::statements(name, &counted).text()),
                Err(why) => println!("\nstatements of {name} are not counted: {why}"),
            }
        }
    }
    site.drop(&ground.servers)?;
    let names: Vec<&str> = workloads.iter().map(|workload| workload.name()).collect();
    tell(&names, &compared);
    Ok(())
}

fn load(arguments: &RunArguments, workload: Workload) -> Load {
    // Clients that wait for each hold would leave the service idle if they were few.
    let connections = if workload == Workload::Holds { 256 } else { 64 };
    let seconds = if arguments.quick { 3 } else { 10 };
    Load {
        targets: Vec::new(),
        workload,
        wallets: WALLETS,
        connections: arguments.connections.map_or(connections, usize::from),
        duration: Duration::from_secs(arguments.seconds.unwrap_or(seconds)),
        rate: None,
        wait: None,
    }
}

fn tell(names: &[&str], compared: &[Compared]) {
    let rows: Vec<(String, &Compared)> =
        names.iter().map(|name| (*name).to_owned()).zip(compared).collect();
    println!("\n{}", report::throughput(&rows).text());
    println!("{}", report::costs(&rows).text());
    println!("{}", report::memory(&rows).text());
    let ratios = rows.iter().map(|(name, compared)| format!("{name} {:.1}x", compared.ratio));
    println!("{}", ratios.collect::<Vec<_>>().join(" "));
}
