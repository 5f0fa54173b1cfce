//! The command line.

use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::arguments::{LoadArguments, RunArguments, WALLETS};
use crate::database::Database;
use crate::http::Target;
use crate::load::Load;
use crate::measured::Loaded;
use crate::told::{Bar, announce};
use crate::witness::Witness;
use crate::workload;
use crate::{prove, report, suite};

/// Loads servers, and measures.
#[derive(Debug, Parser)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a load on servers that run.
    Load(LoadArguments),
    /// Measure the binaries beside pgbench, on private servers.
    Run(RunArguments),
}

impl Cli {
    /// Does what was asked for.
    pub(crate) fn run(self) -> Result<(), String> {
        match self.command {
            Command::Load(arguments) => arguments.run(),
            Command::Run(arguments) => suite::run(&arguments),
        }
    }
}

impl LoadArguments {
    fn run(&self) -> Result<(), String> {
        let target = |url: &String| Target::parse(url, self.token.as_deref());
        let targets = self.url.iter().map(target).collect::<Result<Vec<_>, _>>()?;
        let first = targets.first().ok_or("no server to ask")?.clone();
        let load = Load {
            targets,
            workload: self.workload,
            wallets: WALLETS,
            connections: usize::from(self.connections),
            duration: Duration::from_secs(self.seconds),
            rate: self.rate,
            wait: self.wait,
        };
        announce("opening wallets");
        workload::open_all(&first, WALLETS)?;
        let database = self.database.as_deref().map(Database::connect).transpose()?;
        let witness = database.as_ref().map_or(Witness::Api(&first), Witness::Database);
        let (mark, seen) = load.run(&Bar::start(self.workload.name()), || ())?;
        announce("waiting until all is settled");
        witness.wait(&mark)?;
        let loaded = Loaded::new(&load, &seen, witness.outcome(&mark)?);
        match self.json {
            true => {
                let json = serde_json::to_string_pretty(&loaded);
                println!("{}", json.map_err(|error| error.to_string())?);
            }
            false => println!("{}", report::load(&loaded).text()),
        }
        prove::prove(&first)
    }
}
