//! Asking a server of ours, by PostgreSQL's own programs: `pg_isready` whether it is there, `psql` what
//! a statement answers.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Between two columns. No text of ours holds it.
const COLUMN: &str = "\x1f";

/// The programs of one installation, and the loopback port of a server. It must not ask for a
/// password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Psql<'a> {
    pub(crate) programs: &'a Path,
    pub(crate) port: u16,
}

impl Psql<'_> {
    /// Whether the server takes connections; the error says what it does instead.
    pub(crate) fn is_ready(self) -> Result<(), String> {
        let output = run(self.call("pg_isready").args(["--timeout", "5"]))?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The first column of every row that `sql` returns, as text; NULL is an empty one.
    pub(crate) fn query(self, sql: &str) -> Result<Vec<String>, String> {
        let output = run(self
            .call("psql")
            .args(["--no-psqlrc", "--no-password", "--quiet", "--set", "ON_ERROR_STOP=1"])
            // One text after the other, whatever lines they hold.
            .args(["--no-align", "--tuples-only", "--record-separator-zero"])
            .args(["--field-separator", COLUMN, "--command", sql]))?;
        if output.status.success() {
            return Ok(first_columns(&String::from_utf8_lossy(&output.stdout)));
        }
        Err(format!("{sql}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// A call that nothing of its user's settings reaches.
    fn call(self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--username", "postgres", "--dbname", "postgres"])
            .env_clear()
            .envs([("LANG", "C.UTF-8"), ("PGCONNECT_TIMEOUT", "5")])
            .stdin(Stdio::null());
        command
    }
}

fn run(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().display().to_string();
    command.output().map_err(|error| format!("{name}: {error}"))
}

fn first_columns(rows: &str) -> Vec<String> {
    let first = |row: &str| row.split(COLUMN).next().unwrap_or_default().to_owned();
    rows.split_terminator('\0').map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::first_columns;

    #[test]
    fn rows_are_told_apart_whatever_lines_they_hold() {
        assert_eq!(first_columns("a\nb\x1fc\0\0d\0"), ["a\nb", "", "d"]);
        assert!(first_columns("").is_empty());
    }
}
