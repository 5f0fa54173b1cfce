//! A run under way: what it is measured with, and what was measured so far.

use std::time::Duration;

use crate::arguments::{RunArguments, SECONDS, WALLETS};
use crate::compared::Compared;
use crate::load::Load;
use crate::results::{Results, Row, Section};
use crate::rounds::Ground;
use crate::told::announce;
use crate::workload::Workload;

/// Enough that the service, and not a client that waits for its answer, is what there is too little of.
pub(super) const CONNECTIONS: usize = 256;

/// A run under way.
pub(crate) struct Suite<'a> {
    pub(super) arguments: &'a RunArguments,
    pub(super) ground: Ground,
    pub(super) results: Results,
}

impl Suite<'_> {
    /// Names what failed among what is missing.
    pub(super) fn note(&mut self, what: &str, measured: Result<(), String>) {
        if let Err(why) = measured {
            announce(&format!("{what} is not measured: {why}"));
            self.results.missing.push(format!("{what}: {why}"));
        }
    }

    /// As fast as it goes.
    pub(super) fn load(&self, workload: Workload) -> Load {
        Load {
            targets: Vec::new(),
            workload,
            wallets: WALLETS,
            connections: self.arguments.connections.map_or(CONNECTIONS, usize::from),
            duration: self.duration(SECONDS),
            rate: None,
            wait: None,
        }
    }

    /// So many seconds, unless the command line says otherwise, or is in a hurry.
    pub(super) fn duration(&self, seconds: u64) -> Duration {
        let usual = if self.arguments.quick { 3.min(seconds) } else { seconds };
        Duration::from_secs(self.arguments.seconds.unwrap_or(usual))
    }

    /// Puts rows of these names, and these places in a chart, into a section.
    pub(super) fn keep(
        &mut self,
        part: &str,
        names: impl IntoIterator<Item = (String, Option<u64>)>,
        compared: Vec<Compared>,
    ) {
        let rows = names.into_iter().zip(compared);
        let rows = rows.map(|((name, at), compared)| Row { name, at, compared });
        match self.results.sections.iter_mut().find(|section| section.part == part) {
            Some(section) => section.rows.extend(rows),
            None => {
                let section = Section { part: part.to_owned(), rows: rows.collect() };
                self.results.sections.push(section);
            }
        }
    }
}
