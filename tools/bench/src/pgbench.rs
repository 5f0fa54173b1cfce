//! `pgbench`: PostgreSQL's own benchmark, in its default form (like TPC-B: three updates, a select
//! and an insert, one transaction each). Its figure is what this machine and this server make of
//! money movements in general. Nothing of Paygate's runs beside it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::machine;
use crate::servers::Servers;
use crate::told::announce;

/// A database of its own, so that neither contender sees the other's tables.
const DATABASE: &str = "pgbench";
/// 1 million accounts; about 150 MB.
const SCALE: &str = "10";
const CLIENTS: &str = "8";
const THREADS: &str = "2";

/// How it was called, for the table.
pub(crate) const LABEL: &str = "pgbench, TPC-B, -s 10 -c 8 -j 2";

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// Transactions a second.
    pub(crate) tps: f64,
    /// Of PostgreSQL and of pgbench itself, for each transaction.
    pub(crate) cpu_us: f64,
    /// Of these, PostgreSQL's.
    pub(crate) server_cpu_us: f64,
    /// Written to the log of changes for each transaction.
    pub(crate) wal_bytes: f64,
}

impl Reference {
    /// The mean of this one and another.
    pub(crate) fn mean(&self, other: &Self) -> Self {
        let mean = |of: fn(&Self) -> f64| f64::midpoint(of(self), of(other));
        Self {
            tps: mean(|it| it.tps),
            cpu_us: mean(|it| it.cpu_us),
            server_cpu_us: mean(|it| it.server_cpu_us),
            wal_bytes: mean(|it| it.wal_bytes),
        }
    }
}

/// A prepared database.
#[derive(Debug)]
pub(crate) struct PgBench {
    program: PathBuf,
}

impl PgBench {
    /// Fills the database.
    pub(crate) fn prepare(servers: &Servers) -> Result<Self, String> {
        announce("filling the database of pgbench");
        let program = servers.postgres.program("pgbench");
        if !program.is_file() {
            return Err("pgbench is not installed beside postgres".to_owned());
        }
        servers.postgres.create_database(DATABASE)?;
        call(&program, servers, &["--initialize", "--quiet", "--scale", SCALE])?;
        Ok(Self { program })
    }

    /// Runs it for so long.
    pub(crate) fn run(&self, servers: &Servers, seconds: u64) -> Result<Reference, String> {
        announce(&format!("pgbench for {seconds} s"));
        servers.settle_down();
        let server = servers.postgres.pid().ok_or("PostgreSQL is stopped")?;
        let look = || {
            let cpu = (machine::tree_cpu(server)?, machine::ended_children_cpu()?);
            Ok::<_, String>((cpu, servers.written()?))
        };
        let before = look()?;
        let text = seconds.to_string();
        let arguments = ["--client", CLIENTS, "--jobs", THREADS, "--time", &text];
        let output = call(&self.program, servers, &arguments)?;
        let after = look()?;
        let tps = read_tps(&output).ok_or_else(|| format!("pgbench tells no tps: {output}"))?;
        let transactions = (tps * seconds as f64).max(1.0);
        let ((server, client), written) = after;
        let each = |now: Duration, then: Duration| {
            now.saturating_sub(then).as_secs_f64() * 1_000_000.0 / transactions
        };
        let server_cpu_us = each(server, before.0.0);
        Ok(Reference {
            tps,
            cpu_us: server_cpu_us + each(client, before.0.1),
            server_cpu_us,
            wal_bytes: (written - before.1) / transactions,
        })
    }
}

fn call(program: &Path, servers: &Servers, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(["--host", "127.0.0.1", "--username", "postgres"])
        .args(["--port", &servers.postgres.port().to_string()])
        .args(arguments)
        .arg(DATABASE)
        // No setting of its user's may reach it.
        .env_clear()
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("pgbench: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// `tps = 3712.327441 (without initial connection time)`; older ones print a second line, too.
fn read_tps(output: &str) -> Option<f64> {
    let mut lines = output.lines().filter_map(|line| line.strip_prefix("tps = "));
    lines.next_back()?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::read_tps;

    #[test]
    fn the_figure_is_read() {
        let output = "latency average = 2.1 ms\ntps = 3712.5 (without initial connection time)\n";
        assert_eq!(read_tps(output), Some(3712.5));
        assert_eq!(read_tps("pgbench (15)\n"), None);
    }
}
