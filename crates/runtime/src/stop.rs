//! Stopping: SIGTERM or SIGINT means taking nothing more and finishing what is in hand, within a
//! bounded time.

use crate::fatal::{Fatal, fatal};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two moments of stopping.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    /// Take nothing more.
    pub(crate) stop: CancellationToken,
    /// The time for finishing is nearly over: leave what is left to whoever comes next.
    pub(crate) abandon: CancellationToken,
}

impl Stop {
    /// Listens for signals. `timeout` after the first, the process ends whatever is left.
    pub(crate) fn on_signals(timeout: Duration) -> Result<Self, Fatal> {
        let mut terminate = signal(SignalKind::terminate()).map_err(fatal)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fatal)?;
        let stop = Self { stop: CancellationToken::new(), abandon: CancellationToken::new() };
        let told = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
                _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
                () = told.stop.cancelled() => {}
            }
            told.stop.cancel();
            // A tenth of the time is for what must still happen when the patience is over.
            tokio::time::sleep(timeout.mul_f32(0.9)).await;
            tracing::warn!("the time for stopping is nearly over; leaving the rest");
            told.abandon.cancel();
            tokio::time::sleep(timeout.mul_f32(0.1)).await;
            tracing::warn!("the time for stopping is over");
            // Nothing is lost by this: what is not committed is repeated by others.
            std::process::exit(0);
        });
        Ok(stop)
    }
}
