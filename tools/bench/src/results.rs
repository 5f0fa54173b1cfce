//! Everything that a run has measured, as it is kept in a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::compared::Compared;
use crate::startup::Startup;
use crate::statements::Statements;
use crate::surroundings::Surroundings;

/// The section of the workloads.
pub(crate) const WORKLOADS: &str = "workloads";

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) surroundings: Surroundings,
    /// By which it can be repeated.
    pub(crate) command: String,
    pub(crate) startup: Option<Startup>,
    pub(crate) sections: Vec<Section>,
    pub(crate) statements: Vec<Counted>,
    /// What could not be measured, and why.
    pub(crate) missing: Vec<String>,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Section {
    /// The name of the part.
    pub(crate) part: String,
    pub(crate) rows: Vec<Row>,
}

/// One load, in all its rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Where it stands in a chart: connections, requests a second, or payments in the tables.
    pub(crate) at: Option<u64>,
    pub(crate) compared: Compared,
}

/// The statements of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) workload: String,
    pub(crate) statements: Statements,
}

impl Results {
    /// Nothing yet.
    pub(crate) fn new(surroundings: Surroundings, command: String) -> Self {
        Self {
            surroundings,
            command,
            startup: None,
            sections: Vec::new(),
            statements: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The rows of a part; none if it was not measured.
    pub(crate) fn rows(&self, part: &str) -> &[Row] {
        let section = self.sections.iter().find(|section| section.part == part);
        section.map_or(&[], |section| &section.rows)
    }

    /// The ratio of a row.
    pub(crate) fn row(&self, part: &str, name: &str) -> Option<f64> {
        self.rows(part).iter().find(|row| row.name == name).map(|row| row.compared.ratio)
    }

    /// The workloads in one line: `transfer 5.1x charge 3.6x`.
    pub(crate) fn line(&self) -> String {
        let each = self
            .rows(WORKLOADS)
            .iter()
            .map(|row| format!("{} {:.1}x", row.name, row.compared.ratio));
        each.collect::<Vec<_>>().join(" ")
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let written = std::fs::write(path, text + "\n");
        written.map_err(|error| format!("{}: {error}", path.display()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Results, Row, Section, WORKLOADS};
    use crate::binaries::Profile;
    use crate::compared::{Compared, Pair};
    use crate::load::{Load, Seen};
    use crate::measured::{Loaded, Measured};
    use crate::outcome::Outcome;
    use crate::pgbench::Reference;
    use crate::surroundings::Surroundings;
    use crate::usage::Used;
    use crate::workload::Workload;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn measured(settled: u64) -> Measured {
        let (targets, workload) = (Vec::new(), Workload::Transfer);
        let (duration, rate, wait) = (Duration::from_secs(1), Some(500), None);
        let load = Load { targets, workload, wallets: 2, connections: 64, duration, rate, wait };
        let mut seen = Seen::new().unwrap();
        seen.accept.add(Duration::from_millis(2));
        let (settle, others) = (seen.accept.spread(), BTreeMap::from([("FAILED".to_owned(), 3)]));
        let outcome = Outcome { settled, seconds: 1.0, settle, others };
        let cpu_us = BTreeMap::from([("API".to_owned(), 50.0)]);
        let used = Used { cpu_us, others_percent: 1.0, wal_bytes: 1_800.0 };
        Measured { loaded: Loaded::new(&load, &seen, outcome), used, memory: BTreeMap::new() }
    }

    /// Rows of a part, of so many settled for each transaction of a slow reference.
    fn section(part: &str, rows: &[(&str, Option<u64>, u64)]) -> Section {
        let reference =
            Reference { tps: 100.0, cpu_us: 1_000.0, server_cpu_us: 800.0, wal_bytes: 500.0 };
        let rows = rows.iter().map(|(name, at, ratio)| {
            let pairs = [ratio * 99, ratio * 100, ratio * 150];
            let pairs = pairs.map(|settled| Pair::of(measured(settled), reference)).to_vec();
            Row { name: (*name).to_owned(), at: *at, compared: Compared::of(pairs) }
        });
        Section { part: part.to_owned(), rows: rows.collect() }
    }

    /// A run that measured a little of much.
    pub(crate) fn results() -> Results {
        let surroundings = Surroundings {
            processor: "a".to_owned(),
            cores: 2,
            memory: "b".to_owned(),
            kernel: "c".to_owned(),
            load_average_before: "d".to_owned(),
            postgresql: "e".to_owned(),
            settings: vec![("fsync".to_owned(), "on".to_owned())],
            rabbitmq: "f".to_owned(),
            revision: "g".to_owned(),
            profile: Profile::Dist,
            reference: "h".to_owned(),
        };
        let mut results = Results::new(surroundings, "cargo xtask bench".to_owned());
        results.sections = vec![
            section(WORKLOADS, &[("transfer", None, 4), ("hot", None, 2)]),
            section("rates", &[("500/s", Some(500), 1), ("8000/s", Some(8_000), 3)]),
            section("tables", &[("none", Some(0), 4), ("many", Some(2_000_000), 3)]),
        ];
        results
    }

    #[test]
    fn a_run_is_read_as_it_was_written() {
        let path = std::env::temp_dir().join(format!("paygate-bench-{}", std::process::id()));
        let results = results();
        results.write(&path).unwrap();
        assert_eq!(Results::read(&path), Ok(results));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_last_line_tells_the_medians_of_the_workloads() {
        assert_eq!(results().line(), "transfer 4.0x hot 2.0x");
        let typical = results().sections[0].rows[0].compared.typical().unwrap().ratio;
        assert_eq!(typical, 4.0);
    }
}
