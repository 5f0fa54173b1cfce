//! Transfers in other ways: slower, from more clients, on more processes, on the embedded binary, and
//! as the services did it that Paygate began with.

use std::slice;

use super::under_way::{CONNECTIONS as OF_A_CROWD, Suite};
use crate::arguments::SECONDS;
use crate::load::Load;
use crate::measured::Measured;
use crate::rounds::Subject;
use crate::service::Shape;
use crate::workload::Workload;

/// Requests a second.
const RATES: [u32; 3] = [500, 2_000, 8_000];
/// How many clients there are.
const CONNECTIONS: [usize; 5] = [1, 16, 64, 256, 1_024];
/// How many APIs and workers.
const PROCESSES: [(usize, usize); 4] = [(1, 1), (1, 2), (2, 1), (2, 2)];
/// What an embedding client would ask for: modest, and each waits for its outcome.
const TRICKLE: u32 = 100;
const WAIT_SECONDS: u8 = 5;
/// One thing after the other: a payment a transaction, a message and a claim.
const SEEDS: [(&str, &str); 4] = [
    ("ACCEPT_BATCH", "1"),
    ("PUBLISH_IDS_PER_MESSAGE", "1"),
    ("WORKER_PREFETCH", "1"),
    ("WORKER_BATCH", "1"),
];
/// Little, since what is accepted in this time takes ten times as long to be settled.
const SEEDS_SECONDS: u64 = 3;

impl Suite<'_> {
    /// Latency at fixed rates.
    pub(super) fn rates(&mut self) -> Result<(), String> {
        let load = self.load(Workload::Transfer);
        let connections = OF_A_CROWD;
        let loads = RATES.map(|rate| Load { rate: Some(rate), connections, ..load.clone() });
        let names = RATES.map(|rate| (format!("{rate}/s"), Some(u64::from(rate))));
        self.on_one_site("rates", names, &loads)
    }

    /// Throughput and latency from one client to very many.
    pub(super) fn connections(&mut self) -> Result<(), String> {
        let load = self.load(Workload::Transfer);
        let loads = CONNECTIONS.map(|connections| Load { connections, ..load.clone() });
        let names =
            CONNECTIONS.map(|number| (format!("{number} connections"), Some(number as u64)));
        self.on_one_site("connections", names, &loads)
    }

    /// How long a client waits that wants to know the outcome.
    pub(super) fn waiting(&mut self) -> Result<(), String> {
        let load = Load { wait: Some(WAIT_SECONDS), ..self.load(Workload::Transfer) };
        let loads = [Load { rate: Some(TRICKLE), ..load.clone() }, Load { connections: 1, ..load }];
        let names = [format!("{TRICKLE}/s, waiting"), "one connection, waiting".to_owned()];
        self.on_one_site("waiting", names.map(|name| (name, None)), &loads)
    }

    /// More processes of a kind.
    pub(super) fn processes(&mut self) -> Result<(), String> {
        for (apis, workers) in PROCESSES {
            let name = format!("APIs {apis}, workers {workers}");
            self.shaped("processes", &name, Shape { apis, workers, ..Shape::default() }, SECONDS)?;
        }
        Ok(())
    }

    /// The same binaries, set to do what the services did that Paygate began with.
    pub(super) fn seeds(&mut self) -> Result<(), String> {
        let shape = Shape { settings: SEEDS.to_vec(), ..Shape::default() };
        self.shaped("seeds", "one thing after the other", shape, SEEDS_SECONDS)
    }

    /// One process and a file.
    pub(super) fn embedded(&mut self) -> Result<(), String> {
        let load = self.load(Workload::Transfer);
        let compared = self.ground.compare(&Subject::Embedded, slice::from_ref(&load))?;
        self.keep("embedded", [("embedded".to_owned(), None)], compared);
        Ok(())
    }

    /// Once, with nothing beside it for comparison.
    pub(super) fn once(
        &self,
        subject: &Subject<'_>,
        loads: &[Load],
        begin: &dyn Fn(),
    ) -> Result<Measured, String> {
        let mut service = self.ground.start(subject)?;
        let measured = self.ground.round(subject, &mut service, loads, begin)?;
        service.stop()?;
        measured.into_iter().next().ok_or_else(|| "nothing was measured".to_owned())
    }

    /// Loads one after the other in each round, on a database of their own.
    fn on_one_site<const N: usize>(
        &mut self,
        part: &str,
        names: [(String, Option<u64>); N],
        loads: &[Load; N],
    ) -> Result<(), String> {
        let site = self.ground.site(part)?;
        let compared = self.ground.compare(&Subject::Production(&site, Shape::default()), loads)?;
        self.keep(part, names, compared);
        site.drop(&self.ground.servers)
    }

    /// Transfers on processes of another shape, on a database of their own.
    fn shaped(&mut self, part: &str, name: &str, shape: Shape, seconds: u64) -> Result<(), String> {
        let load = Load { duration: self.duration(seconds), ..self.load(Workload::Transfer) };
        let site = self.ground.site(part)?;
        let subject = Subject::Production(&site, shape);
        let compared = self.ground.compare(&subject, slice::from_ref(&load))?;
        self.keep(part, [(name.to_owned(), None)], compared);
        site.drop(&self.ground.servers)
    }
}
