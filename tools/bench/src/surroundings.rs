//! What was measured on, and with which settings: figures mean little without.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::binaries::Profile;
use crate::machine;
use crate::pgbench;
use crate::servers::Servers;

/// The settings that durability and speed depend on most.
const SETTINGS: [&str; 8] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "shared_buffers",
    "max_wal_size",
    "jit",
    "autovacuum",
];

/// The machine, the servers and the binaries. What can't be learnt is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    pub(crate) load_average_before: String,
    pub(crate) postgresql: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) rabbitmq: String,
    pub(crate) revision: String,
    pub(crate) profile: Profile,
    pub(crate) reference: String,
}

impl Surroundings {
    /// Looks around.
    pub(crate) fn look(servers: &Servers, profile: Profile) -> Self {
        let field = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim_start_matches(['\t', ' ', ':']).to_owned()
        };
        let setting = |name: &str| {
            let value = servers.ask(&format!("SHOW {name}"));
            (name.to_owned(), value.unwrap_or_default())
        };
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: machine::cores(),
            memory: field("/proc/meminfo", "MemTotal"),
            kernel: field("/proc/sys/kernel/osrelease", ""),
            load_average_before: machine::load_average().unwrap_or_default(),
            postgresql: setting("server_version").1,
            settings: SETTINGS.map(setting).to_vec(),
            rabbitmq: rabbitmq_version(servers.rabbitmq.folder()).unwrap_or_default(),
            revision: revision().unwrap_or_default(),
            profile,
            reference: pgbench::LABEL.to_owned(),
        }
    }

    /// For people, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let settings = self.settings.iter().map(|(name, value)| format!("{name} {value}"));
        vec![
            format!("{}, {} cores, {} of memory", self.processor, self.cores, self.memory),
            format!("Linux {}, load average before {}", self.kernel, self.load_average_before),
            format!("PostgreSQL {}: {}", self.postgresql, settings.collect::<Vec<_>>().join(", ")),
            format!("RabbitMQ {}: a quorum queue, as the service declares it", self.rabbitmq),
            format!("binaries of profile {}, revision {}", self.profile.name(), self.revision),
            format!("reference: {}", self.reference),
        ]
    }
}

/// As its log says at the start: ` Starting RabbitMQ 3.10.8 on Erlang 25.2.3 [jit]`.
fn rabbitmq_version(folder: &Path) -> Option<String> {
    let log = fs::read(folder.join("server.log")).ok()?;
    let log = String::from_utf8_lossy(&log).into_owned();
    let (_, version) = log.split_once("Starting RabbitMQ ")?;
    version.split_whitespace().next().map(str::to_owned)
}

/// The commit, if this is a checkout.
fn revision() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
