//! The production shape: an acquirer, an API and workers as processes of their own, on PostgreSQL
//! and RabbitMQ.

use crate::client::Client;
use crate::database::Database;
use crate::process::{Environment, Folder, Process, Program, assert_proves, environment, run};
use crate::wait::{PATIENCE, until};
use paygate_testkit::servers::{postgres_url, rabbitmq_url};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// The servers that a stack stands on.
#[derive(Clone)]
pub struct Servers {
    /// The administrative URL of a PostgreSQL.
    pub postgres: String,
    /// The URL of a RabbitMQ.
    pub rabbitmq: String,
}

impl Servers {
    /// Those that tests share. `None` where there are none: the test is skipped.
    pub fn shared() -> Option<Self> {
        Some(Self { postgres: postgres_url()?, rabbitmq: rabbitmq_url()? })
    }
}

/// A worker, and its metrics.
pub struct Worker {
    pub process: Process,
    metrics: Client,
}

impl Worker {
    /// How many payments it has claimed and not settled, where all are charges and refunds of such.
    pub async fn in_hand(&self) -> i64 {
        let metrics = self.metrics().await;
        total(&metrics, "paygate_claims_total")
            - total(&metrics, "paygate_settlements_total")
            - total(&metrics, "paygate_retries_total")
            - total(&metrics, "paygate_claims_given_back_total")
    }

    /// Returns when it has been delivered this many messages.
    pub async fn has_taken(&self, least: i64) {
        until(&format!("a worker has taken {least} messages"), PATIENCE, async || {
            (total(&self.metrics().await, "paygate_deliveries_total") >= least).then_some(())
        })
        .await;
    }

    /// Returns when it has to try this many more payments again.
    pub async fn has_to_retry(&self, more: i64) {
        let retries = async || total(&self.metrics().await, "paygate_retries_total");
        let least = retries().await + more;
        until(&format!("a worker has to retry {more} payments"), PATIENCE, async || {
            (retries().await >= least).then_some(())
        })
        .await;
    }

    async fn metrics(&self) -> String {
        self.metrics.get("/metrics").await.body
    }

    /// Returns when it has claimed this many payments and not settled them.
    pub async fn has_in_hand(&self, least: i64) {
        let what = format!("a worker has {least} payments in hand");
        until(&what, PATIENCE, async || (self.in_hand().await >= least).then_some(())).await;
    }
}

/// A counter's sum over its labels.
pub fn total(metrics: &str, name: &str) -> i64 {
    let lines = metrics.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok()).sum()
}

/// All processes, and what they share.
pub struct Stack {
    // Dropped in this order: the processes before what they use.
    pub api: Process,
    pub workers: Vec<Worker>,
    acquirer_process: Option<Process>,
    /// Talks to the API.
    pub client: Client,
    /// Talks to the acquirer.
    pub acquirer: Client,
    pub database: Database,
    /// What stands before the name of every exchange and queue.
    pub prefix: String,
    environment: Environment,
    folder: Folder,
}

/// Little patience with what was lost, so that a test need not wait for it, and a provider that
/// takes its time, so that there is always something in flight.
const DEFAULTS: &[(&str, &str)] = &[
    ("LOG_FORMAT", "json"),
    ("PORT", "0"),
    ("METRICS_PORT", "0"),
    ("ACQUIRER_JOURNAL", "journal.jsonl"),
    ("ACQUIRER_LATENCY_MS", "30"),
    ("ACQUIRER_CONCURRENCY", "8"),
    ("ACQUIRER_TIMEOUT", "1s"),
    ("CLAIM_LEASE", "4s"),
    ("RETRY_BACKOFF", "50ms"),
    ("WORKER_BATCH", "40"),
    ("SWEEP_AFTER", "1s"),
    ("SWEEP_INTERVAL", "200ms"),
    ("SHUTDOWN_TIMEOUT", "10s"),
];

impl Stack {
    /// Starts a migrated database, an acquirer and an API, with these variables besides the
    /// defaults. Workers come later.
    pub async fn start(servers: &Servers, variables: &[(&'static str, &str)]) -> Self {
        let (folder, database) = (Folder::new(), Database::create(&servers.postgres).await);
        let mut environment = environment(DEFAULTS);
        environment.extend(crate::process::environment(variables));
        let (acquirer, acquirer_url) = start_acquirer(&environment, &folder).await;

        let prefix = format!("e2e-{}.", paygate_testkit::build::payment_id());
        environment.insert("DATABASE_URL", database.url());
        environment.insert("RABBITMQ_URL", servers.rabbitmq.clone());
        environment.insert("RABBITMQ_PREFIX", prefix.clone());
        environment.insert("ACQUIRER_URL", acquirer_url.clone());
        let migrated = run(Program::Paygate, &["migrate"], &environment, folder.path()).await;
        assert_eq!(migrated.code, Some(0), "{migrated:?}");

        let (api, client) = start_api(&environment, &folder).await;
        let stack = Self {
            api,
            workers: Vec::new(),
            acquirer_process: Some(acquirer),
            client,
            acquirer: Client::new(&acquirer_url),
            database,
            prefix,
            environment,
            folder,
        };
        stack.is_ready("ok").await;
        stack
    }

    /// Returns when the API says that it is in this state of readiness.
    pub async fn is_ready(&self, state: &str) {
        until(&format!("readiness is {state}"), PATIENCE, async || {
            let ready = self.client.get("/health/ready").await;
            assert_eq!(ready.status, if ready.text("status") == "down" { 503 } else { 200 });
            (ready.text("status") == state).then_some(())
        })
        .await;
    }

    /// Starts one more worker. It need not be connected yet.
    pub async fn start_worker(&mut self) {
        let worker = self.worker().await;
        self.workers.push(worker);
    }

    /// A worker that nobody keeps.
    pub async fn worker(&self) -> Worker {
        let path = self.folder.path();
        let mut process = Process::start(Program::Worker, &[], &self.environment, path);
        let url = process.url("metrics and health listen").await;
        process.line("the worker takes hints").await;
        Worker { process, metrics: Client::new(&url) }
    }

    /// Replaces the API by a new one, which the client then talks to, and answers the old one.
    pub async fn replace_api(&mut self) -> Process {
        let (api, client) = start_api(&self.environment, &self.folder).await;
        self.client = client;
        std::mem::replace(&mut self.api, api)
    }

    /// Has the processes that are started from now on look for the broker there.
    pub fn seek_broker_at(&mut self, url: String) {
        self.environment.insert("RABBITMQ_URL", url);
    }

    /// Kills the acquirer.
    pub fn kill_acquirer(&mut self) {
        self.acquirer_process.take().unwrap().kill();
    }

    /// Starts the acquirer again, where it was.
    pub async fn start_acquirer_again(&mut self) {
        let (_, port) = self.acquirer.base().rsplit_once(':').unwrap();
        let mut environment = self.environment.clone();
        environment.insert("PORT", port.to_owned());
        let (acquirer, _) = start_acquirer(&environment, &self.folder).await;
        self.acquirer_process = Some(acquirer);
    }

    /// The file of the acquirer's journal.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    /// `paygate prove` finds nothing.
    pub async fn proves(&self) {
        assert_proves(&self.environment, &self.folder).await;
    }

    /// The queue of hints.
    pub fn processing(&self) -> String {
        format!("{}payment_processing", self.prefix)
    }

    /// The queue of dead letters.
    pub fn dead(&self) -> String {
        format!("{}payment_processing.dead", self.prefix)
    }

    /// How many payments have this status.
    pub async fn count(&self, status: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM payments WHERE status = '{status}'");
        self.database.number(&sql).await
    }

    /// Returns when that many payments are SUCCESS.
    pub async fn have_settled(&self, least: i64) {
        until(&format!("{least} payments are SUCCESS"), PATIENCE, async || {
            (self.count("SUCCESS").await >= least).then_some(())
        })
        .await;
    }

    /// Returns when no payment is on its way, but for parked ones.
    pub async fn all_rest(&self, within: Duration) {
        let open = "SELECT count(*) FROM payments \
             WHERE status IN ('PENDING', 'PROCESSING') AND parked_at IS NULL";
        until("no payment is on its way", within, async || {
            (self.database.number(open).await == 0).then_some(())
        })
        .await;
    }

    /// Stops all in order.
    pub async fn stop(self) {
        for worker in self.workers {
            worker.process.terminate(PATIENCE).await;
        }
        self.api.terminate(PATIENCE).await;
        if let Some(acquirer) = self.acquirer_process {
            acquirer.terminate(PATIENCE).await;
        }
    }

    /// How often `payment` was asked of the acquirer, and how often that took money.
    pub async fn asked(&self, payment: Uuid) -> (u64, u64) {
        let count = self.acquirer.get(&format!("/v1/journal/{payment}")).await.json();
        let number = |field: &str| count[field].as_u64().unwrap();
        (number("authorizations"), number("effects"))
    }
}

async fn start_acquirer(environment: &Environment, folder: &Folder) -> (Process, String) {
    let path = folder.path();
    let mut acquirer = Process::start(Program::Paygate, &["acquirer"], environment, path);
    let url = acquirer.url("the simulated acquirer listens").await;
    (acquirer, url)
}

async fn start_api(environment: &Environment, folder: &Folder) -> (Process, Client) {
    let mut api = Process::start(Program::Api, &[], environment, folder.path());
    let url = api.url("the API listens").await;
    (api, Client::new(&url))
}
