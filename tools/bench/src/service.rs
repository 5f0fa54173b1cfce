//! Paygate in its production shape: acquirer, worker and API as processes of their own, as shipped.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use paygate_test_servers::{Postgres, RabbitMq, Workplace, free_port};

use tokio::time::{Instant, sleep};

use crate::binaries;
use crate::client::{Answer, Client};
use crate::requests::get;
use crate::work::Work;

/// How long a process may take to be ready.
pub(crate) const READY_DEADLINE: Duration = Duration::from_secs(60);
/// What workers are called; so many at the most.
pub(crate) const WORKERS: [&str; 4] = ["worker", "worker 2", "worker 3", "worker 4"];
/// As a service would run: what is logged for each payment stays out.
pub(crate) const LOG: (&str, &str) = ("RUST_LOG", "warn");

/// A running process and the port it answers on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    pub(crate) port: u16,
}

/// All of them, in a folder of their own; they end with this value.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) api: Running,
    pub(crate) workers: Vec<Running>,
    pub(crate) acquirer: Running,
    workplace: Workplace,
}

impl Service {
    /// Migrates the database and starts the processes, everything at its default but addresses.
    /// The workers go to the database by an address of their own.
    pub(crate) async fn start(
        workers: usize,
        worker_database: &str,
        postgres: &Postgres,
        rabbitmq: &RabbitMq,
    ) -> Result<Self, String> {
        let (database, broker) = (postgres.url(), rabbitmq.url());
        let shared = [LOG, ("DATABASE_URL", database.as_str()), ("RABBITMQ_URL", broker.as_str())];
        let migrated = call("migrate", postgres, rabbitmq)?;
        if !migrated.status.success() {
            let said = String::from_utf8_lossy(&migrated.stderr);
            return Err(format!("paygate migrate: {}", said.trim()));
        }
        let mut workplace = Workplace::new("bench")?;
        let mut start = |name, program, arguments: &[&str], port_name, more: &[(&str, &str)]| {
            let port = free_port()?;
            let text = port.to_string();
            let environment = [&shared[..], &[(port_name, text.as_str())], more].concat();
            let program = binaries::path(program)?;
            let pid = workplace.start(name, &program, arguments, &environment)?;
            Ok::<_, String>(Running { name, pid, port })
        };
        // Its journal is a file in its own folder.
        let acquirer = start("acquirer", "paygate", &["acquirer"], "PORT", &[])?;
        let url = format!("http://127.0.0.1:{}", acquirer.port);
        // The later of two values for one name counts.
        let more = [("ACQUIRER_URL", url.as_str()), ("DATABASE_URL", worker_database)];
        let start_worker = |name| start(name, "paygate-worker", &[], "METRICS_PORT", &more);
        let workers: Vec<Running> =
            WORKERS.into_iter().take(workers).map(start_worker).collect::<Result<_, _>>()?;
        let api = start("API", "paygate-api", &[], "PORT", &[])?;
        let mut service = Self { api, workers, acquirer, workplace };
        service.wait_until_ready(acquirer, "/health").await?;
        for process in service.processes() {
            if process.pid != acquirer.pid {
                service.wait_until_ready(process, "/health/ready").await?;
            }
        }
        Ok(service)
    }

    /// Sends one payment through, so that connections stand and statements are prepared.
    pub(crate) async fn warm_up(&self, work: Work) -> Result<(), String> {
        let request = work.request("warm-up", 0, Some(10));
        let answer = Client::new(self.api.port).send(request).await?;
        if answer.status == 201 && answer.body.contains("SUCCESS") {
            return Ok(());
        }
        Err(format!("the first payment came to {} {}", answer.status, answer.body))
    }

    /// The processes, as they are listed.
    pub(crate) fn processes(&self) -> Vec<Running> {
        let workers = self.workers.iter().copied();
        [self.api].into_iter().chain(workers).chain([self.acquirer]).collect()
    }

    /// Fails if a process has ended, with its last words.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        for process in self.processes() {
            if !self.workplace.is_running(process.pid) {
                let log = self.workplace.log_tail(process.name);
                return Err(format!("the {} has ended; {log}", process.name));
            }
        }
        Ok(())
    }

    async fn wait_until_ready(
        &mut self,
        process: Running,
        path: &'static str,
    ) -> Result<(), String> {
        let deadline = Instant::now() + READY_DEADLINE;
        while Instant::now() < deadline {
            self.check()?;
            let answer = Client::new(process.port).send(get(path)).await;
            if answer.is_ok_and(|answer| is_ready(&answer)) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        let log = self.workplace.log_tail(process.name);
        Err(format!("the {} did not get ready; {log}", process.name))
    }
}

/// Degraded is not ready: the broker's connections must stand.
fn is_ready(answer: &Answer) -> bool {
    answer.status == 200 && !answer.body.contains("degraded")
}

/// Runs one of the operator's commands, `paygate NAME`, to its end.
pub(crate) fn call(name: &str, postgres: &Postgres, rabbitmq: &RabbitMq) -> Result<Output, String> {
    let program = binaries::path("paygate")?;
    Command::new(&program)
        .arg(name)
        .current_dir(program.parent().unwrap_or(Path::new("/")))
        .env_clear()
        .envs([LOG, ("DATABASE_URL", &postgres.url()), ("RABBITMQ_URL", &rabbitmq.url())])
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))
}

/// A figure of a process's `/metrics`, summed over its labels; zero if it has never been counted.
pub(crate) async fn metric(process: Running, name: &str) -> Result<f64, String> {
    let answer = Client::new(process.port).send(get("/metrics")).await;
    let answer = answer.map_err(|error| format!("{}: /metrics: {error}", process.name))?;
    Ok(sum_of_metric(&answer.body, name))
}

fn sum_of_metric(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let is_it = rest.starts_with('{') || rest.starts_with(' ');
        is_it.then(|| rest.rsplit_once(' ')?.1.parse::<f64>().ok())?
    });
    values.sum()
}

#[cfg(test)]
mod tests {
    use super::sum_of_metric;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_no_other() {
        let text = "# HELP a_total x\na_total{b=\"1\"} 2\na_total{b=\"2 3\"} 5\na_total_more 9\n";
        assert_eq!(sum_of_metric(text, "a_total"), 7.0);
        assert_eq!(sum_of_metric(text, "a_total_more"), 9.0);
        assert_eq!(sum_of_metric(text, "b"), 0.0);
    }
}
