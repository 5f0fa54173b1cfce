//! The worker process, and the worker as part of the process that is everything.

use crate::acquirer;
use crate::broker::{Consumer, Queue};
use crate::config::Config;
use crate::fatal::Fatal;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::system::{RandomIds, SystemClock};
use crate::tasks::Tasks;
use crate::{api, fatal, telemetry};
use paygate_app::{Proofs, QuoteForgetter, Readiness, Reconciler, Sweeper, Worker, WorkerPorts};
use paygate_http::HttpConfig;
use std::sync::Arc;

/// Runs a worker until it is told to stop.
pub(crate) async fn run(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let metrics = telemetry::start_metrics()?;
    let stores = store::open(&config, false).await?;
    let queue = Queue::start(&config)?;
    let mut tasks = Tasks::new(stop.stop.clone());
    if let Some(port) = config.metrics_port {
        let http = HttpConfig { port, workers: 1, ..config.http.clone() };
        let ready = Readiness::new(vec![Arc::clone(&stores.health), queue.health()]);
        let served = paygate_http::serve_observability(&http, ready, metrics, Arc::new(RandomIds));
        let (server, addresses) = served.map_err(fatal)?;
        tracing::info!(?addresses, "metrics and health listen");
        tasks.start("observability", api::serve_until_stopped(server, stop.clone()));
    }
    start(&mut tasks, &config, &stores, &queue, stop)?;
    let ended = tasks.all_ended().await;
    queue.close().await;
    ended
}

/// Starts what works and sweeps until told to stop, and then finishes what is in hand.
pub(crate) fn start(
    tasks: &mut Tasks,
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    stop: Stop,
) -> Result<(), Fatal> {
    let clock = Arc::new(SystemClock);
    let acquirer = acquirer::build(&config.acquirer)?;
    let consumer: Consumer = queue.consumer();
    let ports = WorkerPorts {
        store: Arc::clone(&stores.payments),
        quarantine: Arc::clone(&stores.quarantine),
        deliveries: Arc::clone(&consumer.deliveries),
        outcomes: queue.announcing(),
        acquirer,
        clock: clock.clone(),
    };
    let worker = Worker::new(ports, config.worker.clone(), stop.abandon.clone());
    let due = Arc::clone(&stores.due);
    let sweeper = Sweeper::new(due, queue.publishing(), clock.clone(), config.sweeper.clone());

    let proofs = Proofs::new(Arc::clone(&stores.audit), config.overdue_after);
    let interval = config.reconciliation_interval;
    let reconciler =
        Reconciler::new(proofs, Arc::clone(&stores.proof_log), clock.clone(), interval);

    let forgetter = QuoteForgetter::new(Arc::clone(&stores.quotes), clock.clone());

    let told = stop.stop.clone();
    tasks.start_endless("the worker", async move {
        worker.run(told).await;
        consumer.close().await;
        tracing::info!("the worker is done");
    });
    tasks.start_endless("the sweeper", sweeper.run(stop.stop.clone()));
    tasks.start_endless("the reconciler", reconciler.run(stop.stop.clone()));
    tasks.start_endless("the forgetter of quotes", forgetter.run(stop.stop.clone()));
    tracing::info!("the worker takes hints");
    Ok(())
}
