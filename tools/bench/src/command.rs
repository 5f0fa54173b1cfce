//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::arguments::{LoadArguments, RunArguments, WALLETS};
use crate::database::Database;
use crate::http::Target;
use crate::load::Load;
use crate::measured::Loaded;
use crate::results::Results;
use crate::told::{Bar, announce, tell};
use crate::witness::Witness;
use crate::workload;
use crate::{document, prove, report, suite};

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
    /// Draw the charts and write the page once more, from what a full run has kept.
    Charts {
        /// Its latest.json.
        file: PathBuf,
    },
}

impl Cli {
    /// Does what was asked for.
    pub(crate) fn run(self) -> Result<(), String> {
        match self.command {
            Command::Load(arguments) => arguments.run(),
            Command::Run(arguments) => arguments.run(),
            Command::Charts { file } => document::publish(&Results::read(&file)?),
        }
    }
}

impl RunArguments {
    fn run(&self) -> Result<(), String> {
        let given: Vec<String> = std::env::args().skip(2).collect();
        let command = format!("cargo xtask bench {}", given.join(" "));
        let results = suite::run(self, command.trim().to_owned())?;
        for (title, table) in document::tables(&results) {
            tell(&format!("{title}\n{}", table.text()));
        }
        for missing in &results.missing {
            tell(&format!("NOT MEASURED: {missing}"));
        }
        if let Some(folder) = &self.out {
            document::keep(&results, folder)?;
        }
        if self.is_full() {
            document::publish(&results)?;
        }
        println!("{}", results.line());
        if results.missing.is_empty() { Ok(()) } else { Err("not all was measured".to_owned()) }
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
        workload::open_all(&first, WALLETS, self.workload.converts())?;
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
