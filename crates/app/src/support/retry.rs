//! Repeating what failed because the store is away, for as long as it takes.

use paygate_ports::{Clock, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The wait before the second try; doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// Waits for a store or broker that is away, until the work is to be abandoned.
#[derive(Clone)]
pub(crate) struct Patience {
    clock: Arc<dyn Clock>,
    abandon: CancellationToken,
}

impl Patience {
    pub(crate) fn new(clock: Arc<dyn Clock>, abandon: CancellationToken) -> Self {
        Self { clock, abandon }
    }

    /// Calls until the store is there. That it fails is an answer, too: the adapter has tried often
    /// enough, and nothing else must wait for it. `None` if the work is to be abandoned: it is then
    /// left as it is, for whoever comes next.
    pub(crate) async fn with_store<T, F>(
        &self,
        what: &'static str,
        call: impl Fn() -> F,
    ) -> Option<Result<T, StoreError>>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = SHORTEST;
        loop {
            match call().await {
                Err(error @ StoreError::Unavailable(_)) => {
                    let pause_ms = pause.as_millis();
                    tracing::warn!(%error, what, pause_ms, "waiting for the store");
                    self.wait(pause).await?;
                    pause = (pause * 2).min(LONGEST);
                }
                answer => return Some(answer),
            }
        }
    }

    /// Waits so long. `None` if the work is to be abandoned first.
    pub(crate) async fn wait(&self, pause: Duration) -> Option<()> {
        tokio::select! {
            biased;
            () = self.over() => None,
            () = self.clock.sleep(pause) => Some(()),
        }
    }

    /// Returns when the work is to be abandoned.
    pub(crate) async fn over(&self) {
        self.abandon.cancelled().await;
    }
}
