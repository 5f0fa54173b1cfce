//! Who used how much CPU and memory, and how much was written.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::machine;
use crate::servers::Servers;
use crate::service::Service;

/// What the load itself is called among those who use CPU.
pub(crate) const LOAD: &str = "load";

/// What everybody had used at one moment.
#[derive(Debug)]
pub(crate) struct Usage {
    at: Instant,
    cpu: BTreeMap<&'static str, Duration>,
    whole: Duration,
    written: f64,
}

impl Usage {
    /// Looks now.
    pub(crate) fn now(service: &Service, servers: &Servers) -> Result<Self, String> {
        let mut cpu: BTreeMap<&'static str, Duration> = BTreeMap::new();
        for process in &service.processes {
            *cpu.entry(process.role.name()).or_default() += machine::tree_cpu(process.pid)?;
        }
        let server = |name, pid: Option<u32>| {
            machine::tree_cpu(pid.ok_or_else(|| format!("{name} is stopped"))?)
        };
        cpu.insert("PostgreSQL", server("PostgreSQL", servers.postgres.pid())?);
        cpu.insert("RabbitMQ", server("RabbitMQ", servers.rabbitmq.pid())?);
        cpu.insert(LOAD, machine::own_cpu()?);
        let (whole, at) = (machine::whole_cpu()?, Instant::now());
        Ok(Self { at, cpu, whole, written: servers.written()? })
    }

    /// What was used since, for each of so many payments, and what share of the machine others had.
    pub(crate) fn since(&self, before: &Self, payments: u64) -> Used {
        let each = |time: Duration| time.as_secs_f64() * 1_000_000.0 / payments.max(1) as f64;
        let (mut ours, mut cpu_us) = (Duration::ZERO, BTreeMap::new());
        for (name, now) in &self.cpu {
            let used = now.saturating_sub(before.cpu.get(name).copied().unwrap_or_default());
            ours += used;
            cpu_us.insert((*name).to_owned(), each(used));
        }
        let others = self.whole.saturating_sub(before.whole).saturating_sub(ours);
        let cores = self.at.duration_since(before.at).as_secs_f64() * machine::cores() as f64;
        Used {
            cpu_us,
            others_percent: others.as_secs_f64() * 100.0 / cores.max(f64::MIN_POSITIVE),
            wal_bytes: (self.written - before.written) / payments.max(1) as f64,
        }
    }
}

/// What was used for each payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Microseconds of CPU, by who used them.
    pub(crate) cpu_us: BTreeMap<String, f64>,
    /// Who else was on the machine, in percent of its cores.
    pub(crate) others_percent: f64,
    /// Written to PostgreSQL's log of changes.
    pub(crate) wal_bytes: f64,
}

impl Used {
    /// The microseconds of all together, the load included.
    pub(crate) fn cpu_sum(&self) -> f64 {
        self.cpu_us.values().sum()
    }
}

impl Memory {
    /// The same, with what was held when it began.
    pub(crate) fn since(self, begun: Option<&Self>) -> Self {
        Self { begun_mib: begun.map_or(self.begun_mib, |begun| begun.now_mib), ..self }
    }
}

/// What a process holds in memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// When the first request was measured.
    pub(crate) begun_mib: f64,
    pub(crate) now_mib: f64,
    pub(crate) peak_mib: f64,
}

/// What the processes hold now, and held at most; of several of one kind the largest.
pub(crate) fn memory(service: &Service) -> Result<BTreeMap<String, Memory>, String> {
    let mut held: BTreeMap<String, Memory> = BTreeMap::new();
    for process in &service.processes {
        let memory = machine::memory(process.pid)?;
        let mib = |kib: u64| kib as f64 / 1_024.0;
        let (now_mib, peak_mib) = (mib(memory.now), mib(memory.peak));
        let memory = Memory { begun_mib: now_mib, now_mib, peak_mib };
        let largest = held.entry(process.role.name().to_owned()).or_insert(memory);
        if memory.peak_mib > largest.peak_mib {
            *largest = memory;
        }
    }
    Ok(held)
}
