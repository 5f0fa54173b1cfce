//! What the command line says of each command.

use std::path::PathBuf;

use clap::Args;

use crate::binaries::Profile;
use crate::part::Part;
use crate::workload::Workload;

/// How many wallets of each currency there are: enough that transfers rarely meet in one, few
/// enough that they do.
pub(crate) const WALLETS: u64 = 1_000;

/// How many pairs there are, and how long each load takes, if nobody says otherwise.
pub(crate) const PAIRS: u16 = 3;
pub(crate) const SECONDS: u64 = 10;

/// For a load on servers that run.
#[derive(Debug, Args)]
pub(crate) struct LoadArguments {
    /// An API to ask; several of them in turn.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: Vec<String>,
    /// The operator's token, if the service has one.
    #[arg(long)]
    pub(crate) token: Option<String>,
    #[arg(long, value_enum, default_value = "transfer")]
    pub(crate) workload: Workload,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    /// Requests a second; as many as are answered without it.
    #[arg(long)]
    pub(crate) rate: Option<u32>,
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Clients wait so many seconds for the outcome (`Prefer: wait=N`).
    #[arg(long)]
    pub(crate) wait: Option<u8>,
    /// Count in the service's PostgreSQL, which is cheaper than in the API.
    #[arg(long)]
    pub(crate) database: Option<String>,
    /// One JSON object in place of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// For measuring.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Within a minute: transfers and charges, three short pairs.
    #[arg(long)]
    pub(crate) quick: bool,
    #[arg(long, value_enum, default_value = "dist")]
    pub(crate) profile: Profile,
    /// How many pairs of pgbench and ours.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=99))]
    pub(crate) pairs: Option<u16>,
    /// How long each load takes.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: Option<u64>,
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: Option<u16>,
    /// So many settled payments are in the tables before: for workloads none without it, for `tables`
    /// 2 and 10 millions.
    #[arg(long)]
    pub(crate) prefill: Option<u64>,
    /// Write `latest.json` and the charts into this folder too. A full run does so into docs/bench,
    /// and shows them in docs/benchmarks.md.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// What to measure; all of it, if nothing is named.
    #[arg(value_parser = Part::parse)]
    pub(crate) parts: Vec<Part>,
}

impl RunArguments {
    /// Whether everything is measured, long enough, often enough, and as the page says it is: only
    /// that is published.
    pub(crate) fn is_full(&self) -> bool {
        let is_whole = self.parts.is_empty() && !self.quick;
        let is_usual = self.connections.is_none() && self.prefill.is_none();
        let is_long = self.seconds.is_none_or(|seconds| seconds >= SECONDS);
        is_whole && is_usual && is_long && self.pairs.is_none_or(|pairs| pairs >= PAIRS)
    }

    /// What is measured, in its order.
    pub(crate) fn parts(&self) -> Vec<Part> {
        match (self.parts.as_slice(), self.quick) {
            ([], true) => vec![Part::Of(Workload::Transfer), Part::Of(Workload::Charge)],
            ([], false) => Part::all(),
            (named, _) => named.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RunArguments;
    use crate::part::Part;
    use crate::workload::Workload;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: RunArguments,
    }

    fn read(line: &str) -> RunArguments {
        Line::parse_from(format!("bench {line}").split_whitespace()).arguments
    }

    #[test]
    fn only_a_run_that_measures_all_and_well_is_published() {
        for (line, is_full) in [
            ("", true),
            ("--profile release", true),
            ("--pairs 5 --seconds 20", true),
            ("--quick", false),
            ("--pairs 2", false),
            ("--seconds 9", false),
            ("--connections 64", false),
            ("--prefill 1000", false),
            ("transfer charge", false),
        ] {
            assert_eq!(read(line).is_full(), is_full, "{line}");
        }
    }

    #[test]
    fn what_is_not_named_is_measured_all_the_same_unless_there_is_a_hurry() {
        assert_eq!(read("").parts(), Part::all());
        let two = [Workload::Transfer, Workload::Charge].map(Part::Of);
        assert_eq!(read("--quick").parts(), two);
        assert_eq!(read("--quick fx seeds").parts(), [Part::Of(Workload::Fx), Part::Seeds]);
    }
}
