//! The worker process, and the worker as part of the process that is everything.

use crate::acquirer;
use crate::broker::{Consumer, Queue};
use crate::config::Config;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::system::{RandomIds, SystemClock};
use crate::{Fatal, api, fatal, telemetry};
use paygate_app::{Proving, QuoteForgetter, Readiness, Reconciler, Sweeper, Worker, WorkerPorts};
use paygate_http::HttpConfig;
use paygate_ports::Outcomes;
use std::sync::Arc;

/// Runs a worker until it is told to stop.
pub(crate) async fn run(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let metrics = telemetry::start_metrics()?;
    let stores = store::open(&config, false).await?;
    let queue = Queue::start(&config)?;
    let observability = match config.metrics_port {
        Some(port) => {
            let http = HttpConfig { port, workers: 1, ..config.http.clone() };
            let ready = Readiness::new(vec![Arc::clone(&stores.health), queue.health()]);
            let served =
                paygate_http::serve_observability(&http, ready, metrics, Arc::new(RandomIds));
            let (server, addresses) = served.map_err(fatal)?;
            tracing::info!(?addresses, "metrics and health listen");
            Some(tokio::spawn(api::serve_until_stopped(server, stop.clone())))
        }
        None => None,
    };
    work(&config, &stores, &queue, queue.announcing(), stop).await?;
    if let Some(observability) = observability {
        observability.await.map_err(fatal)??;
    }
    queue.close().await;
    Ok(())
}

/// Works and sweeps until told to stop, then finishes what is in hand.
pub(crate) async fn work(
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    outcomes: Arc<dyn Outcomes>,
    stop: Stop,
) -> Result<(), Fatal> {
    let clock = Arc::new(SystemClock);
    let acquirer = acquirer::build(&config.acquirer)?;
    let consumer: Consumer = queue.consumer();
    let ports = WorkerPorts {
        store: Arc::clone(&stores.payments),
        quarantine: Arc::clone(&stores.quarantine),
        deliveries: Arc::clone(&consumer.deliveries),
        outcomes,
        acquirer,
        clock: clock.clone(),
    };
    let worker = Worker::new(ports, config.worker.clone(), stop.abandon.clone());
    let due = Arc::clone(&stores.due);
    let sweeper = Sweeper::new(due, queue.publishing(), clock.clone(), config.sweeper.clone());

    let proving = Proving::new(Arc::clone(&stores.audit), config.overdue_after);
    let interval = config.reconciliation_interval;
    let reconciler =
        Reconciler::new(proving, Arc::clone(&stores.proof_log), clock.clone(), interval);

    let forgetter = QuoteForgetter::new(Arc::clone(&stores.quotes), clock.clone());

    let mut working = tokio::spawn(worker.run(stop.stop.clone()));
    let mut reconciling = tokio::spawn(reconciler.run(stop.stop.clone()));
    let mut sweeping = tokio::spawn(sweeper.run(stop.stop.clone()));
    let mut forgetting = tokio::spawn(forgetter.run(stop.stop.clone()));
    tracing::info!("the worker takes hints");
    // Neither ends before it is told to, unless it panics; the process must not go on without it.
    let ended = tokio::select! {
        ended = &mut working => ended,
        ended = &mut sweeping => match ended {
            Ok(()) => working.await,
            panicked => panicked,
        },
        ended = &mut reconciling => match ended {
            Ok(()) => working.await,
            panicked => panicked,
        },
        ended = &mut forgetting => match ended {
            Ok(()) => working.await,
            panicked => panicked,
        },
    };
    consumer.close().await;
    ended.map_err(|error| format!("the worker failed: {error}"))?;
    tracing::info!("the worker is done");
    match stop.stop.is_cancelled() {
        true => Ok(()),
        false => Err("the worker ended by itself".to_owned()),
    }
}
