//! One load on a running service, measured from all sides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::load::{Load, Seen, Spread};
use crate::outcome::Outcome;
use crate::servers::Servers;
use crate::service::Service;
use crate::told::{Bar, announce};
use crate::usage::{Memory, Usage, Used, memory};
use crate::witness::Witness;
use crate::workload::Workload;

/// What the clients saw of a load, and what became of its payments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) workload: Workload,
    pub(crate) connections: usize,
    /// Requests a second, if they were limited.
    pub(crate) rate: Option<u32>,
    pub(crate) seconds: f64,
    pub(crate) accepted: u64,
    pub(crate) accepted_per_second: f64,
    pub(crate) settled_per_second: f64,
    pub(crate) reads_per_second: f64,
    pub(crate) accept: Option<Spread>,
    pub(crate) capture: Option<Spread>,
    pub(crate) read: Option<Spread>,
    pub(crate) outcome: Outcome,
    /// How often what else was answered.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Due by the schedule, and never sent.
    pub(crate) unsent: u64,
}

impl Loaded {
    /// Puts both sides together.
    pub(crate) fn new(load: &Load, seen: &Seen, outcome: Outcome) -> Self {
        let seconds = seen.took.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            workload: load.workload,
            connections: load.connections,
            rate: load.rate,
            seconds,
            accepted: seen.accepted(),
            accepted_per_second: seen.accepted() as f64 / seconds,
            settled_per_second: outcome.per_second(),
            reads_per_second: seen.read.count() as f64 / seconds,
            accept: seen.accept.spread(),
            capture: seen.capture.spread(),
            read: seen.read.spread(),
            outcome,
            failures: seen.others.clone(),
            unsent: seen.unsent,
        }
    }
}

/// The same, and what it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) loaded: Loaded,
    #[serde(flatten)]
    pub(crate) used: Used,
    pub(crate) memory: BTreeMap<String, Memory>,
}

/// Runs a load and waits for the end of its payments. `begin` is called just before the first request
/// that is measured.
pub(crate) fn measure(
    load: &Load,
    service: &mut Service,
    servers: &Servers,
    witness: &Witness<'_>,
    begin: &dyn Fn(),
) -> Result<Measured, String> {
    let load = Load { targets: service.targets(), ..load.clone() };
    let rate = load.rate.map(|rate| format!(", {rate}/s")).unwrap_or_default();
    let seconds = load.duration.as_secs_f64();
    let what = format!("{}, {} connections{rate}", load.workload.name(), load.connections);
    announce(&format!("{what}, for {seconds} s"));
    let (mut before, mut begun) = (Usage::now(service, servers), BTreeMap::new());
    let bar = Bar::start(load.workload.name());
    let (mark, seen) = load.run(&bar, || {
        begin();
        begun = memory(service).unwrap_or_default();
        before = Usage::now(service, servers);
    })?;
    drop(bar);
    service.check()?;
    witness.wait(&mark)?;
    let after = Usage::now(service, servers)?;
    let outcome = witness.outcome(&mark)?;
    let used = after.since(&before?, outcome.settled);
    let loaded = Loaded::new(&load, &seen, outcome);
    let held = memory(service)?.into_iter();
    let memory = held.map(|(name, now)| (name.clone(), now.since(begun.get(&name)))).collect();
    Ok(Measured { loaded, used, memory })
}
