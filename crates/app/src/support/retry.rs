//! Repeating what failed because the store is away, for as long as it takes.

use paygate_ports::{Clock, StoreError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The wait before the second try; doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(5);

/// Calls until the store is there. That it fails is an answer, too: the adapter has tried often enough,
/// and nothing else must wait for it. `None` if `stop` came first: the work is then
/// left as it is, for whoever comes next.
pub(crate) async fn until_store_answers<T, F>(
    clock: &dyn Clock,
    stop: &CancellationToken,
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
                tracing::warn!(%error, what, pause_ms = pause.as_millis(), "waiting for the store");
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return None,
                    () = clock.sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST);
            }
            answer => return Some(answer),
        }
    }
}
