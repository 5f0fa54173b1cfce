//! What the database says came of a load.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::database::{Database, SettleTimes};
use crate::report;
use crate::told::announce;
use crate::work::Work;

/// Given up when nothing was settled for so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// When nothing was settled for so long, what is left may have failed.
const PAUSE_BEFORE_ASKING: Duration = Duration::from_secs(2);

/// What became of the payments of a load.
pub(crate) struct Settled {
    /// By its end.
    pub(crate) in_window: Result<u64, String>,
    pub(crate) times: Result<SettleTimes, String>,
    pub(crate) not_succeeded: Result<Vec<String>, String>,
}

impl Settled {
    /// Asks about what was accepted since `start`.
    pub(crate) async fn since(
        start: &Result<String, String>,
        in_window: Result<u64, String>,
        database: &Database,
        work: Work,
    ) -> Self {
        let (times, not_succeeded) = match start {
            Ok(start) => (
                database.settle_times(work, start).await,
                database.not_succeeded(work, start).await,
            ),
            Err(why) => (Err(why.clone()), Err(why.clone())),
        };
        Self { in_window, times, not_succeeded }
    }
}

/// Waits until so many are settled in all, or it is clear that they won't be.
pub(crate) async fn wait_until_settled(
    database: &Database,
    work: Work,
    wanted: u64,
) -> Result<(), String> {
    announce("waiting until all is settled");
    let (mut last, mut since) = (0, Instant::now());
    loop {
        let settled = database.settled(work).await?;
        if settled >= wanted {
            return Ok(());
        }
        if settled > last {
            (last, since) = (settled, Instant::now());
        }
        let missing = report::count(wanted - settled);
        if since.elapsed() > PATIENCE {
            return Err(format!("{missing} payments are not settled, and none was for long"));
        }
        // Asking is dear, and that some fail is rare.
        if since.elapsed() > PAUSE_BEFORE_ASKING && database.open().await == Ok(0) {
            return Err(format!("{missing} payments ended otherwise"));
        }
        sleep(Duration::from_millis(50)).await;
    }
}
