//! Paygate as it runs: in its production shape, acquirer, workers and APIs as processes of their own,
//! or all in one on SQLite.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use paygate_test_servers::{Workplace, free_port};

use crate::binaries::Profile;
use crate::http::{Connection, Request, Target};
use crate::servers::{COUNTED, Servers, Site};
use crate::wait_for::on_this_thread;

/// How long a process may take to be ready.
const READY_DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
/// As a service would run: what is logged for each payment stays out.
pub(crate) const LOG: (&str, &str) = ("RUST_LOG", "warn");
/// What is new is proved once a minute, which would burden some rounds and not others. The proof at the end
/// is timed instead.
const NO_PROOF: (&str, &str) = ("RECONCILIATION_INTERVAL", "1h");

/// What a process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Api,
    Worker,
    Acquirer,
    /// All in one.
    Embedded,
}

impl Role {
    /// As the tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Worker => "worker",
            Self::Acquirer => "acquirer",
            Self::Embedded => "paygate",
        }
    }
}

/// How many processes there are, and what differs from the defaults.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) apis: usize,
    pub(crate) workers: usize,
    pub(crate) settings: Vec<(&'static str, &'static str)>,
    /// Whether PostgreSQL counts their statements.
    pub(crate) counted: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { apis: 1, workers: 1, settings: Vec::new(), counted: false }
    }
}

/// A running process and the port it answers on.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) role: Role,
    pub(crate) pid: u32,
    name: String,
    port: u16,
}

/// All of them, in a folder of their own; they end with this value.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) processes: Vec<Running>,
    profile: Profile,
    workplace: Workplace,
}

impl Service {
    /// Starts acquirer, workers and APIs.
    pub(crate) fn start(
        profile: Profile,
        servers: &Servers,
        site: &Site,
        shape: &Shape,
    ) -> Result<Self, String> {
        let mut service = Self::none(profile)?;
        let broker = servers.rabbitmq.url();
        let prefix = format!("{}.", site.name);
        let [api_database, worker_database] = COUNTED.map(|role| {
            let url = servers.postgres.url_of(&site.name);
            let as_role = url.replacen("//postgres@", &format!("//{role}@"), 1);
            if shape.counted { as_role } else { url }
        });
        let shared = [("RABBITMQ_URL", broker.as_str()), ("RABBITMQ_PREFIX", prefix.as_str())];
        let shared = [&shared[..], &shape.settings].concat();
        // Its journal is a file in its own folder.
        let acquirer = service.process(Role::Acquirer, 1, "PORT", &[])?;
        let url = format!("http://127.0.0.1:{}", acquirer.port);
        let own = [("ACQUIRER_URL", url.as_str()), ("DATABASE_URL", &worker_database), NO_PROOF];
        for number in 1..=shape.workers {
            service.process(Role::Worker, number, "METRICS_PORT", &[&shared[..], &own].concat())?;
        }
        let own = [("DATABASE_URL", api_database.as_str())];
        for number in 1..=shape.apis {
            service.process(Role::Api, number, "PORT", &[&shared[..], &own].concat())?;
        }
        service.wait_until_ready()?;
        // So that the interval begins now, also for what is prefilled.
        site.database.query("UPDATE ledger_proof SET begun_at = clock_timestamp()")?;
        Ok(service)
    }

    /// Starts `paygate` alone, with nothing set but its port.
    pub(crate) fn embedded(profile: Profile) -> Result<Self, String> {
        let mut service = Self::none(profile)?;
        service.process(Role::Embedded, 1, "PORT", &[])?;
        service.wait_until_ready()?;
        Ok(service)
    }

    fn none(profile: Profile) -> Result<Self, String> {
        Ok(Self { processes: Vec::new(), profile, workplace: Workplace::new("bench")? })
    }

    /// Starts one process.
    fn process(
        &mut self,
        role: Role,
        number: usize,
        port_name: &str,
        environment: &[(&str, &str)],
    ) -> Result<Running, String> {
        let (program, arguments): (_, &[&str]) = match role {
            Role::Api => ("paygate-api", &[]),
            Role::Worker => ("paygate-worker", &[]),
            Role::Acquirer => ("paygate", &["acquirer"]),
            Role::Embedded => ("paygate", &[]),
        };
        let (port, name) = (free_port()?, format!("{}-{number}", role.name()));
        let text = port.to_string();
        let environment = [&[LOG, (port_name, text.as_str())], environment].concat();
        let program = self.profile.path(program)?;
        let pid = self.workplace.start(&name, &program, arguments, &environment)?;
        let running = Running { role, pid, name, port };
        self.processes.push(running.clone());
        Ok(running)
    }

    /// Where requests go.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let answers = |role| matches!(role, Role::Api | Role::Embedded);
        let apis = self.processes.iter().filter(|process| answers(process.role));
        apis.map(|process| Target::local(process.port)).collect()
    }

    /// Fails if a process has ended, with its last words.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        for process in &self.processes {
            if !self.workplace.is_running(process.pid) {
                let log = self.workplace.log_tail(&process.name);
                return Err(format!("{} has ended; {log}", process.name));
            }
        }
        Ok(())
    }

    /// Ends all, those first that take requests.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        self.check()?;
        while let Some(process) = self.processes.pop() {
            self.workplace.end(process.pid)?;
        }
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        for process in self.processes.clone() {
            let path = if process.role == Role::Acquirer { "/health" } else { "/health/ready" };
            let deadline = Instant::now() + READY_DEADLINE;
            while !is_ready(process.port, path) {
                self.check()?;
                if Instant::now() > deadline {
                    let log = self.workplace.log_tail(&process.name);
                    return Err(format!("{} did not get ready; {log}", process.name));
                }
                sleep(PAUSE);
            }
        }
        Ok(())
    }
}

/// Degraded is not ready: the broker's connections must stand.
fn is_ready(port: u16, path: &str) -> bool {
    let asked = on_this_thread(async {
        let target = Target::local(port);
        let mut request = Request::new(&target);
        let mut connection = Connection::new(&target);
        let answer = connection.ask(request.get(path)).await?;
        Ok((answer.status, answer.text()))
    });
    asked.is_ok_and(|(status, text)| status == 200 && !text.contains("degraded"))
}

/// Brings a database to the schema that the service knows.
pub(crate) fn migrate(profile: Profile, servers: &Servers, site: &Site) -> Result<(), String> {
    let program: PathBuf = profile.path("paygate")?;
    let output = Command::new(&program)
        .arg("migrate")
        .current_dir(program.parent().unwrap_or(Path::new("/")))
        .env_clear()
        .envs([LOG, ("DATABASE_URL", &servers.postgres.url_of(&site.name))])
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("paygate migrate: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
