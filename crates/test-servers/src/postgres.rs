//! A private PostgreSQL: `initdb` once, then `postgres` itself as our child, without `pg_ctl`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account;
use crate::place::Place;
use crate::ports;
use crate::process::{self, Process};
use crate::programs;
use crate::psql::Psql;

const LOG: &str = "server.log";
const START_DEADLINE: Duration = Duration::from_secs(60);
/// A fast shutdown writes a checkpoint; on a slow disk that takes its time.
const STOP_GRACE: Duration = Duration::from_secs(30);
const KILL_GRACE: Duration = Duration::from_secs(5);

/// A PostgreSQL server of our own on a free loopback port, user `postgres`, no password.
///
/// Dropping it stops it and removes its data, unless it was [opened](Postgres::open).
#[derive(Debug)]
pub struct Postgres {
    // Before `place`: dropped in this order, so that the process has gone when the folder goes.
    process: Option<Process>,
    place: Place,
    programs: PathBuf,
    settings: Vec<(String, String)>,
    port: u16,
}

impl Postgres {
    /// Whether its programs are on this machine.
    pub fn is_installed() -> bool {
        programs::postgres_folder().is_ok()
    }

    /// Starts an empty server in a temporary folder, as durable as a real one.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed or does not start; the text holds the end of its log.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// [`Postgres::start`] with settings of `postgresql.conf`. `("fsync", "off")` is for tests
    /// that need speed and never pull the plug: data then survives every kill but a power cut.
    ///
    /// # Errors
    ///
    /// As [`Postgres::start`].
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self, String> {
        let place = Place::temporary("postgres", account::unprivileged()?)?;
        let mut server = Self::prepare(place, settings)?;
        let mut started = server.start_again();
        for _ in 0..ports::RETRIES {
            if started.is_ok() || server.is_running() || ports::is_free(server.port) {
                break;
            }
            server.port = ports::free_port()?;
            started = server.start_again();
        }
        started.map(|()| server)
    }

    /// The server of a folder that stays: found running if it was left so, else stopped.
    /// Dropping this value changes nothing.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed or the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let place = Place::kept(folder, account::unprivileged()?)?;
        let mut server = Self::prepare(place, &[])?;
        if let Some(pid) = server.place.recall("pid") {
            server.process = Process::find(pid, &server.marker());
        }
        Ok(server)
    }

    fn prepare(place: Place, settings: &[(&str, &str)]) -> Result<Self, String> {
        let port = place.recall("port").and_then(|port| u16::try_from(port).ok());
        let settings = settings.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        Ok(Self {
            process: None,
            place,
            programs: programs::postgres_folder()?,
            settings: settings.collect(),
            port: port.map_or_else(ports::free_port, Ok)?,
        })
    }

    /// `postgres://postgres@127.0.0.1:PORT/postgres?sslmode=disable`
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of one of its databases.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The loopback port it listens on, the same after every restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its data and its log.
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Whether its process runs.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_alive)
    }

    /// The id of its first process, the parent of all others; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Where a program of the same installation is, such as `pgbench`, if it is installed.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Stops it in order: sessions are cut, what is committed is written (a fast shutdown).
    ///
    /// # Errors
    ///
    /// When the process cannot be ended.
    pub fn stop(&mut self) -> Result<(), String> {
        self.end("INT", STOP_GRACE)
    }

    /// Stops it as a crash would: nothing is written, the next start recovers from the log.
    ///
    /// # Errors
    ///
    /// When the process cannot be ended.
    pub fn kill(&mut self) -> Result<(), String> {
        // SIGQUIT, an immediate shutdown: SIGKILL would leave sessions running for a moment, and
        // the next start would refuse.
        self.end("QUIT", KILL_GRACE)
    }

    /// Stops it and starts it with the same data on the same port.
    ///
    /// # Errors
    ///
    /// As [`Postgres::stop`] and [`Postgres::start_again`].
    pub fn restart(&mut self) -> Result<(), String> {
        self.stop()?;
        self.start_again()
    }

    /// Starts it with the same data on the same port. Nothing happens if it runs.
    ///
    /// # Errors
    ///
    /// When it does not accept connections within a minute; the text holds the end of its log.
    pub fn start_again(&mut self) -> Result<(), String> {
        if self.is_running() {
            return Ok(());
        }
        self.create_cluster()?;
        // Nobody remembers the port of a server in a folder that stays for long; better another
        // port than no server.
        if !self.place.is_temporary() && !ports::is_free(self.port) {
            self.port = ports::free_port()?;
        }
        let mut command = self.place.command(&self.programs.join("postgres"));
        command.arg("-D").arg(self.place.path("data"));
        for (key, value) in self.all_settings() {
            command.args(["-c", &format!("{key}={value}")]);
        }
        let marker = self.marker();
        let process = self.place.spawn(&mut command, LOG, &marker, "QUIT")?;
        self.place.note(&[("port", self.port.into()), ("pid", process.pid())])?;
        self.process = Some(process);
        self.wait_until_ready()
    }

    /// The first column of every row that `sql` returns, as text; it runs in database `postgres`.
    ///
    /// # Errors
    ///
    /// The server's message, or why it could not be asked.
    pub fn query(&self, sql: &str) -> Result<Vec<String>, String> {
        self.psql().query(sql)
    }

    /// Creates a database unless it is there.
    ///
    /// # Errors
    ///
    /// The server's message, or why it could not be asked.
    pub fn create_database(&self, name: &str) -> Result<(), String> {
        let there = format!("SELECT datname FROM pg_database WHERE datname = '{name}'");
        if self.query(&there)?.is_empty() {
            self.query(&format!("CREATE DATABASE \"{name}\""))?;
        }
        Ok(())
    }

    fn psql(&self) -> Psql<'_> {
        Psql { programs: &self.programs, port: self.port }
    }

    /// By which its command line is told from any other: its data folder.
    fn marker(&self) -> String {
        self.place.path("data").display().to_string()
    }

    fn create_cluster(&self) -> Result<(), String> {
        if self.place.path("data/PG_VERSION").exists() {
            return Ok(());
        }
        let output = self
            .place
            .command(&self.programs.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"])
            .args(["--encoding=UTF8", "--locale=C", "-D"])
            .arg(self.place.path("data"))
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn all_settings(&self) -> Vec<(String, String)> {
        let own = [
            ("listen_addresses", "127.0.0.1"),
            ("port", &self.port.to_string()),
            // No socket file: its path would be too long in some temporary folders.
            ("unix_socket_directories", ""),
            ("max_connections", "200"),
        ];
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        own.chain(self.settings.iter().cloned()).collect()
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let mut answer = Ok(());
        process::wait_until(START_DEADLINE, || {
            answer = self.psql().is_ready();
            answer.is_ok() || !self.is_running()
        });
        let cause = match answer {
            Ok(()) if self.is_running() => return Ok(()),
            Ok(()) => "somebody else answers on its port".to_owned(),
            Err(cause) => cause,
        };
        let log = process::tail(&self.place.path(LOG));
        Err(format!("PostgreSQL did not start on port {}: {cause}; {log}", self.port))
    }

    fn end(&mut self, signal: &str, grace: Duration) -> Result<(), String> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.end(signal, grace)?;
        self.place.forget(&process)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.place.is_temporary() {
            let _ = self.kill();
        }
    }
}
