//! Everything in one process: the embedded default.

use crate::broker::Queue;
use crate::config::Config;
use crate::fatal::Fatal;
use crate::stop::Stop;
use crate::tasks::Tasks;
use crate::{api, store, telemetry, worker};
use std::io::Write;
use std::net::SocketAddr;

/// Runs API, worker and sweeper until told to stop.
pub(crate) async fn serve(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let metrics = telemetry::start_metrics()?;
    let stores = store::open(&config, true).await?;
    let queue = Queue::start(&config)?;
    let (server, addresses) = api::start(&config, &stores, &queue, metrics).await?;
    greet(&addresses, config.http.guarded);

    let mut tasks = Tasks::new(stop.stop.clone());
    tasks.start("the API", api::serve_until_stopped(server, stop.clone()));
    worker::start(&mut tasks, &config, &stores, &queue, stop)?;
    let ended = tasks.all_ended().await;
    queue.close().await;
    ended
}

/// Says where it listens, and what to try.
fn greet(addresses: &[SocketAddr], with_token: bool) {
    let Some(address) = addresses.first() else { return };
    let token = if with_token { " -H \"Authorization: Bearer $PAYGATE_API_TOKEN\"" } else { "" };
    // Nobody reading is no reason to stop.
    let _ = writeln!(
        std::io::stdout(),
        "Paygate listens on http://{address}  (API documentation: /api/v1/docs/)\n\nTry:\n\n  \
         curl -X POST http://{address}/api/v1/payments{token} -H 'Content-Type: application/json' \
         -d '{{\"amount\":100.50,\"currency\":\"USD\",\"reference\":\"REF-001\"}}'\n"
    );
}
