//! The API process, and the API as part of the process that is everything.

use crate::broker::Queue;
use crate::config::Config;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::system::{RandomIds, SystemClock};
use crate::telemetry::{self, RenderMetrics};
use crate::{Fatal, fatal};
use paygate_app::{Api, CreatePayment, Directory, HintPublisher, ReadPayments, Readiness};
use paygate_http::Server;
use std::net::SocketAddr;
use std::sync::Arc;

/// Runs the API until it is told to stop.
pub(crate) async fn run(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let metrics = telemetry::start_metrics()?;
    let stores = store::open(&config, false).await?;
    let queue = Queue::start(&config)?;
    let (server, addresses) = start(&config, &stores, &queue, metrics).await?;
    tracing::info!(?addresses, "the API listens");
    serve_until_stopped(server, stop).await?;
    queue.close().await;
    Ok(())
}

/// An API that listens.
pub(crate) async fn start(
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    metrics: RenderMetrics,
) -> Result<(Server, Vec<SocketAddr>), Fatal> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let outcomes = queue.listening();
    let directory = Directory::open(&*stores.accounts, &*ids, &config.currencies).await;
    let publisher = HintPublisher::new(queue.publishing(), clock.clone(), config.confirm_timeout);
    let api = Api {
        create: CreatePayment::new(
            Arc::clone(&stores.payments),
            Arc::clone(&stores.reader),
            publisher,
            Arc::clone(&outcomes),
            clock.clone(),
            ids.clone(),
            Arc::new(directory.map_err(fatal)?),
        ),
        read: ReadPayments::new(Arc::clone(&stores.reader), outcomes, clock),
        readiness: Readiness::new(vec![Arc::clone(&stores.health), queue.health()]),
    };
    paygate_http::serve(&config.http, api, metrics, ids).map_err(fatal)
}

/// Serves until told to stop, then lets requests finish.
pub(crate) async fn serve_until_stopped(server: Server, stop: Stop) -> Result<(), Fatal> {
    let handle = server.handle();
    let serving = tokio::spawn(server);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => {
            stop.stop.cancel();
            ended.map_err(fatal)?.map_err(fatal)?;
            Err("the HTTP server ended by itself".to_owned())
        }
        () = stop.stop.cancelled() => {
            handle.stop(true).await;
            Ok(())
        }
    }
}
