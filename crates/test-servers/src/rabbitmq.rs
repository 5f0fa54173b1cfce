//! A private RabbitMQ with its management plugin, and its own `epmd`, both our children.
//!
//! Erlang would start a shared `epmd` in the background, which stays for ever. So one is started
//! first, on a port of its own and in the foreground; the broker then finds it and starts none.
//! It stays while the broker is down.

mod ports;
mod settings;

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::place::Place;
use crate::ports::RETRIES;
use crate::process::{self, Process};
use crate::programs;
use ports::Ports;

const LOG: &str = "server.log";
/// What it logs when whoever connects is served: its ports are open before.
const STARTED: &str = "Server startup complete";
const START_DEADLINE: Duration = Duration::from_secs(60);
/// The broker closes its stores within milliseconds of SIGTERM. The management plugin then hangs
/// for some 6 s in the shutdown of Erlang's runtime, which nobody needs to wait for.
const STOP_GRACE: Duration = Duration::from_secs(2);
const NO_GRACE: Duration = Duration::ZERO;

/// A RabbitMQ broker of our own on free loopback ports, user `guest`, password `guest`.
///
/// Dropping it stops it and removes its data, unless it was [opened](RabbitMq::open).
#[derive(Debug)]
pub struct RabbitMq {
    // Before `place`: dropped in this order, so that the processes have gone when the folder goes.
    process: Option<Process>,
    epmd: Option<Process>,
    place: Place,
    program: PathBuf,
    ports: Ports,
}

impl RabbitMq {
    /// Whether its programs are on this machine.
    pub fn is_installed() -> bool {
        programs::rabbitmq_server().is_ok() && programs::epmd().is_ok()
    }

    /// Starts an empty broker in a temporary folder.
    ///
    /// # Errors
    ///
    /// When RabbitMQ is not installed or does not start; the text holds the end of its log.
    pub fn start() -> Result<Self, String> {
        let mut broker = Self::prepare(Place::temporary("rabbitmq", None)?)?;
        let mut started = broker.start_again();
        for _ in 0..RETRIES {
            if started.is_ok() || broker.is_running() {
                break;
            }
            // Ours, and the one port that would never be free.
            broker.end_epmd()?;
            if broker.ports.are_free() {
                break;
            }
            broker.ports = Ports::choose()?;
            started = broker.start_again();
        }
        started.map(|()| broker)
    }

    /// The broker of a folder that stays: found running if it was left so, else stopped.
    /// Dropping this value changes nothing.
    ///
    /// # Errors
    ///
    /// When RabbitMQ is not installed or the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let mut broker = Self::prepare(Place::kept(folder, None)?)?;
        if let Some(pid) = broker.place.recall("pid") {
            broker.process = Process::find(pid, &broker.marker());
        }
        if let Some(pid) = broker.place.recall("epmd_pid") {
            broker.epmd = Process::find(pid, &broker.ports.epmd_marker());
        }
        Ok(broker)
    }

    fn prepare(place: Place) -> Result<Self, String> {
        let ports = Ports::recall(&place).map_or_else(Ports::choose, Ok)?;
        let program = programs::rabbitmq_server()?;
        Ok(Self { process: None, epmd: None, place, program, ports })
    }

    /// `amqp://guest:guest@127.0.0.1:PORT/%2f`
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// `http://127.0.0.1:PORT`, the management API and page, same user and password.
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.management)
    }

    /// The loopback port for AMQP, the same after every restart.
    pub fn port(&self) -> u16 {
        self.ports.amqp
    }

    /// The loopback port of the management API.
    pub fn management_port(&self) -> u16 {
        self.ports.management
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

    /// Stops it in order: connections are closed, stores are written.
    ///
    /// # Errors
    ///
    /// When the process cannot be ended.
    pub fn stop(&mut self) -> Result<(), String> {
        self.end("TERM", STOP_GRACE)?;
        // A broker in a folder that stays is stopped for long, by a process that leaves.
        if self.place.is_temporary() { Ok(()) } else { self.end_epmd() }
    }

    /// Kills it with SIGKILL. What it had confirmed survives.
    ///
    /// # Errors
    ///
    /// When the process cannot be ended.
    pub fn kill(&mut self) -> Result<(), String> {
        self.end("KILL", NO_GRACE)
    }

    /// Stops it and starts it with the same data on the same ports.
    ///
    /// # Errors
    ///
    /// As [`RabbitMq::stop`] and [`RabbitMq::start_again`].
    pub fn restart(&mut self) -> Result<(), String> {
        self.stop()?;
        self.start_again()
    }

    /// Starts it with the same data on the same ports. Nothing happens if it runs.
    ///
    /// # Errors
    ///
    /// When its start is not complete within a minute; the text holds the end of its log.
    pub fn start_again(&mut self) -> Result<(), String> {
        if self.is_running() {
            return Ok(());
        }
        // Nobody remembers the ports of a broker in a folder that stays for long; better other
        // ports than no broker.
        if !self.place.is_temporary() && self.epmd.is_none() && !self.ports.are_free() {
            self.ports = Ports::choose()?;
        }
        self.start_epmd()?;
        settings::write_files(&self.place, self.ports)?;
        let mut command = self.place.command(&self.program);
        // Erlang keeps flags it does not know: this one tells the process from any other.
        command.arg("-paygate_folder").arg(self.place.folder());
        settings::set_environment(&mut command, &self.place, self.ports);
        let marker = self.marker();
        let logged = process::length(&self.place.path(LOG));
        let process = self.place.spawn(&mut command, LOG, &marker, "KILL")?;
        self.process = Some(process);
        self.ports.note(&self.place, self.process.as_ref(), self.epmd.as_ref())?;
        self.wait_until_ready(logged)
    }

    /// By which its command line is told from any other: its folder.
    fn marker(&self) -> String {
        self.place.folder().display().to_string()
    }

    fn start_epmd(&mut self) -> Result<(), String> {
        if self.epmd.as_mut().is_some_and(Process::is_alive) {
            return Ok(());
        }
        let port = self.ports.epmd;
        let mut command = self.place.command(&programs::epmd()?);
        command.args(["-port", &port.to_string(), "-address", "127.0.0.1"]);
        let marker = self.ports.epmd_marker();
        let mut epmd = self.place.spawn(&mut command, "epmd.log", &marker, "KILL")?;
        let mut answers = false;
        process::wait_until(Duration::from_secs(10), || {
            answers = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            answers || !epmd.is_alive()
        });
        let is_ours = epmd.is_alive();
        self.epmd = Some(epmd);
        if answers && is_ours {
            return Ok(());
        }
        Err(format!(
            "epmd did not start on port {port}; {}",
            process::tail(&self.place.path("epmd.log"))
        ))
    }

    /// `logged` is what its log held before this start. Its own tools would tell, too, and start an
    /// Erlang each time, which takes seconds.
    fn wait_until_ready(&mut self, logged: u64) -> Result<(), String> {
        let log = self.place.path(LOG);
        let mut has_started = false;
        process::wait_until(START_DEADLINE, || {
            has_started = process::says(&log, logged, STARTED);
            has_started || !self.is_running()
        });
        if has_started && self.is_running() {
            return Ok(());
        }
        let (port, log) = (self.ports.amqp, process::tail(&log));
        Err(format!("RabbitMQ did not start on port {port}; {log}"))
    }

    fn end(&mut self, signal: &str, grace: Duration) -> Result<(), String> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.end(signal, grace)?;
        // The process we waited for is RabbitMQ's start script. Erlang got its SIGKILL too, but
        // only its closed port shows that it has gone.
        let port = self.ports.amqp;
        process::wait_until(Duration::from_secs(5), || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err()
        });
        self.place.forget(&process)
    }

    fn end_epmd(&mut self) -> Result<(), String> {
        let Some(mut epmd) = self.epmd.take() else { return Ok(()) };
        epmd.end("KILL", NO_GRACE)?;
        self.place.forget(&epmd)
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        if self.place.is_temporary() {
            let _ = self.kill();
            let _ = self.end_epmd();
        }
    }
}
