//! Letting what comes after go on while something is slow: one call that waits for a lock, or for a
//! connection that is dead and does not say so, must not hold up those who want something else.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// So long the next one waits. Much longer than any call takes that waits for nothing, so that
/// whoever comes meanwhile shares the next call.
const MOMENT: Duration = Duration::from_secs(1);

/// Where calls are made one after the other, unless one is slow.
#[derive(Clone)]
pub(crate) struct Overtaking {
    places: Arc<Semaphore>,
}

impl Overtaking {
    /// So many are under way at most.
    pub(crate) fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)) }
    }

    /// Runs it in a task of its own. Returns when it is done, or it is slow and the next may begin.
    pub(crate) async fn run(&self, call: impl Future<Output = ()> + Send + 'static) {
        // Nobody closes the semaphore.
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
        let called = tokio::spawn(async move {
            call.await;
            drop(place);
        });
        // Who waits for the answer of one that panicked learns that there is none.
        let _ = timeout(MOMENT, called).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn the_next_one_waits_for_what_is_quick_and_overtakes_what_is_slow() {
        let (calls, started) = (Overtaking::new(2), Instant::now());
        let secs = |seconds| sleep(Duration::from_secs(seconds));
        calls.run(sleep(Duration::from_millis(900))).await;
        assert_eq!(started.elapsed().as_millis(), 900);
        calls.run(secs(10)).await;
        assert_eq!(started.elapsed().as_millis(), 1_900);
        calls.run(async { panic!("as the test wants it") }).await;
        calls.run(secs(10)).await;
        assert_eq!(started.elapsed().as_millis(), 2_900);
        // Both places are taken, until the first is free at 10.9 s.
        calls.run(async {}).await;
        assert_eq!(started.elapsed().as_millis(), 10_900);
    }
}
