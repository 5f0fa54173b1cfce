//! Keeping accepting from outrunning settling: while what was accepted a moment ago is not settled, the
//! next batch waits a little. What the machine has left goes to the workers then, and a backlog does not
//! form that every payment behind it would have to wait for.
//!
//! What must stay true: it delays, and refuses nothing. Accepting goes on while workers or the broker
//! are away: a batch waits a moment at most, and none once settling has stopped.

use paygate_core::id::PaymentId;
use paygate_ports::Outcomes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

/// What was accepted this long ago is to be settled.
const BEHIND: Duration = Duration::from_millis(100);
/// The longest that a batch waits.
const MOMENT: Duration = Duration::from_millis(50);
/// What was accepted this long ago is settled by nobody, or nobody says so.
const STOPPED: Duration = Duration::from_secs(1);

/// What was accepted and is not known to be settled.
#[derive(Clone)]
pub(crate) struct Pace {
    outcomes: Arc<dyn Outcomes>,
    under_way: Arc<UnderWay>,
}

/// The batches that are followed, with the time of each.
#[derive(Default)]
struct UnderWay {
    batches: Mutex<BTreeMap<u64, Instant>>,
    next: AtomicU64,
    stopped: AtomicBool,
    settled: Notify,
}

impl Pace {
    /// Hears of what is settled there.
    pub(crate) fn new(outcomes: Arc<dyn Outcomes>) -> Self {
        Self { outcomes, under_way: Arc::default() }
    }

    /// Returns when settling is not behind, or after a moment.
    pub(crate) async fn hold(&self) {
        let until = Instant::now() + MOMENT;
        loop {
            // Before it is looked, so that nothing is missed in between.
            let settled = self.under_way.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if !self.under_way.is_behind() || timeout_at(until, settled).await.is_err() {
                return;
            }
        }
    }

    /// Follows a batch by one of its payments, which workers take last. Before its hint is published.
    pub(crate) fn follow(&self, last: PaymentId) {
        let (announced, under_way) = (self.outcomes.wait_for(last), Arc::clone(&self.under_way));
        let batch = under_way.next.fetch_add(1, Ordering::Relaxed);
        under_way.batches().insert(batch, Instant::now());
        tokio::spawn(async move {
            let stopped = timeout(STOPPED, announced).await.is_err();
            under_way.stopped.store(stopped, Ordering::Relaxed);
            under_way.batches().remove(&batch);
            under_way.settled.notify_waiters();
        });
    }
}

impl UnderWay {
    fn batches(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Instant>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_behind(&self) -> bool {
        let oldest = self.batches().values().next().copied();
        let is_late = oldest.is_some_and(|since| since.elapsed() > BEHIND);
        is_late && !self.stopped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use paygate_ports::{Outcome, QueueError, WaiterRegistry, Waiting};
    use tokio::time::sleep;
    use uuid::Uuid;

    #[derive(Default)]
    struct Told(WaiterRegistry);

    #[async_trait]
    impl Outcomes for Told {
        async fn announce(&self, outcomes: &[Outcome]) -> Result<(), QueueError> {
            self.0.tell(outcomes.iter().map(|it| it.id));
            Ok(())
        }

        fn wait_for(&self, id: PaymentId) -> Waiting {
            self.0.register(id)
        }
    }

    fn id(n: u128) -> PaymentId {
        PaymentId(Uuid::from_u128(n))
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How long the next batch waits, in milliseconds.
    async fn held(pace: &Pace) -> u128 {
        let started = Instant::now();
        pace.hold().await;
        started.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_waits_while_what_came_before_is_not_settled() {
        let told = Arc::new(Told::default());
        let pace = Pace::new(told.clone());
        assert_eq!(held(&pace).await, 0, "nothing came before");
        pace.follow(id(1));
        pace.follow(id(2));
        sleep(ms(100)).await;
        assert_eq!(held(&pace).await, 0, "it has time");
        sleep(ms(1)).await;
        assert_eq!(held(&pace).await, 50, "a moment and no longer");
        let waiting = pace.clone();
        let waiting = tokio::spawn(async move { held(&waiting).await });
        sleep(ms(10)).await;
        told.0.tell([id(1)]);
        sleep(ms(10)).await;
        assert!(!waiting.is_finished(), "the other is as old");
        told.0.tell([id(2)]);
        assert_eq!(waiting.await.unwrap(), 20);
        assert_eq!(held(&pace).await, 0);
        assert!(told.0.is_empty() && pace.under_way.batches().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_workers_that_are_away() {
        let told = Arc::new(Told::default());
        let pace = Pace::new(told.clone());
        pace.follow(id(1));
        sleep(ms(500)).await;
        pace.follow(id(2));
        assert_eq!(held(&pace).await, 50);
        sleep(ms(500)).await;
        // The first is given up, and with it the hope for the second.
        assert_eq!(held(&pace).await, 0);
        // They are back.
        pace.follow(id(3));
        told.0.tell([id(3)]);
        sleep(ms(1)).await;
        assert_eq!(held(&pace).await, 50, "for the second, which is still to come");
        told.0.tell([id(2)]);
        assert_eq!(held(&pace).await, 0);
    }
}
