//! `pgbench`: PostgreSQL's own benchmark, in its default form (like TPC-B: three updates, a select
//! and an insert, one transaction each). Its figure is what this machine and this server make of
//! money movements in general.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use paygate_test_servers::Postgres;

use crate::database::checkpoint;
use crate::told::announce;

/// A database of its own, so that neither contender sees the other's tables.
const DATABASE: &str = "pgbench";
/// 1 million accounts; about 150 MB.
const SCALE: &str = "10";
const CLIENTS: &str = "8";
const THREADS: &str = "2";

/// How it was called, for the table.
pub(crate) const LABEL: &str = "pgbench, TPC-B, -s 10 -c 8 -j 2";

/// A prepared database.
#[derive(Debug, Clone)]
pub(crate) struct PgBench<'a> {
    program: PathBuf,
    server: &'a Postgres,
}

/// Fills the database.
pub(crate) fn prepare(server: &Postgres) -> Result<PgBench<'_>, String> {
    announce("filling the database of pgbench");
    let program = server.program("pgbench");
    if !program.is_file() {
        return Err("pgbench is not installed beside postgres".to_owned());
    }
    server.create_database(DATABASE)?;
    call(&program, server, &["--initialize", "--quiet", "--scale", SCALE])?;
    Ok(PgBench { program, server })
}

impl PgBench<'_> {
    /// Transactions a second over `seconds`.
    pub(crate) fn run(&self, seconds: u64) -> Result<f64, String> {
        announce(&format!("pgbench for {seconds} s"));
        checkpoint(self.server);
        let seconds = seconds.to_string();
        let output = call(
            &self.program,
            self.server,
            &["--client", CLIENTS, "--jobs", THREADS, "--time", &seconds],
        )?;
        read_tps(&output).ok_or_else(|| format!("pgbench tells no tps: {output}"))
    }
}

fn call(program: &Path, server: &Postgres, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(["--host", "127.0.0.1", "--username", "postgres"])
        .args(["--port", &server.port().to_string()])
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
