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
