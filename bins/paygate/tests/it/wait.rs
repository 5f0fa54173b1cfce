//! Waiting for a condition. Nothing here sleeps to let something happen: it looks until it has.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long anything may take that is sure to happen on a slow machine, too.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a lost hint may take: the sweeper's second and third look come 5 and 15 s after.
pub const SWEEPERS_PATIENCE: Duration = Duration::from_secs(120);

/// How long nothing happens between two looks.
pub const POLL: Duration = Duration::from_millis(20);

/// Looks until there is something to see.
///
/// # Panics
/// When there is nothing within that time.
pub async fn until<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        sleep(POLL).await;
    }
}
