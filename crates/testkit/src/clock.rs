//! Time that passes when a test says so.

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use paygate_core::Timestamp;
use paygate_ports::Clock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// A clock that stands still until it is advanced. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock {
    face: Arc<Mutex<Face>>,
    sleeping: watch::Sender<usize>,
}

#[derive(Debug)]
struct Face {
    now: Timestamp,
    /// By when they wake, then by when they fell asleep.
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
    last_sleeper: u64,
}

impl ManualClock {
    /// A clock that shows this time, cut to whole microseconds.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let face = Face { now: now.trunc_subsecs(6), sleepers: BTreeMap::new(), last_sleeper: 0 };
        Self { face: Arc::new(Mutex::new(face)), sleeping: watch::Sender::new(0) }
    }

    /// Lets time pass and wakes whose time has come, those due first first.
    pub fn advance(&self, by: Duration) {
        let mut face = self.lock();
        let now = later(face.now, by);
        face.now = now;
        while let Some(sleeper) = face.sleepers.first_entry() {
            if sleeper.key().0 > now {
                break;
            }
            // An error means that the sleeper has gone; that is its right.
            let _ = sleeper.remove().send(());
        }
        self.count(&face);
    }

    /// How many sleep.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        *self.sleeping.borrow()
    }

    /// Returns when at least that many sleep: how a test knows that a loop has come to rest.
    pub async fn until_sleepers(&self, at_least: usize) {
        // The sender is in `self`, so this does not fail.
        let _ = self.sleeping.subscribe().wait_for(|sleepers| *sleepers >= at_least).await;
    }

    fn lock(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, face: &Face) {
        self.sleeping.send_replace(face.sleepers.len());
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    async fn sleep(&self, duration: Duration) {
        let (bell, rung) = oneshot::channel();
        let _asleep = {
            let mut face = self.lock();
            let until = later(face.now, duration);
            if until <= face.now {
                return;
            }
            face.last_sleeper = face.last_sleeper.saturating_add(1);
            let place = (until, face.last_sleeper);
            face.sleepers.insert(place, bell);
            self.count(&face);
            Asleep { clock: self, place }
        };
        // It ends by the bell; the sender stays in the map until then.
        let _ = rung.await;
    }
}

/// Takes a sleeper that is dropped off the clock.
struct Asleep<'a> {
    clock: &'a ManualClock,
    place: (Timestamp, u64),
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        let mut face = self.clock.lock();
        face.sleepers.remove(&self.place);
        self.clock.count(&face);
    }
}

/// A time after another: whole microseconds, rounded up so that nobody wakes early, and the end of
/// time at the latest.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_nanos().div_ceil(1_000)).unwrap_or(i64::MAX);
    time.checked_add_signed(TimeDelta::microseconds(micros)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new(DateTime::from_timestamp(1_700_000_000, 999).unwrap())
    }

    #[test]
    fn it_shows_whole_microseconds_and_moves_only_when_told() {
        let clock = clock();
        let start = clock.now();
        assert_eq!(start.timestamp_subsec_nanos(), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(clock.clone().now() - start, TimeDelta::milliseconds(1));
        clock.advance(Duration::MAX);
        assert!(clock.now() > start);
    }

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_time() {
        let clock = clock();
        let (sender, mut woken) = tokio::sync::mpsc::unbounded_channel();
        for ms in [30, 10, 20, 10, 500] {
            let (sleeper, sender, asleep) = (clock.clone(), sender.clone(), clock.sleepers());
            tokio::spawn(async move {
                sleeper.sleep(Duration::from_millis(ms)).await;
                sender.send(ms).unwrap();
            });
            clock.until_sleepers(asleep + 1).await;
        }
        clock.advance(Duration::from_millis(9));
        assert_eq!(clock.sleepers(), 5);
        clock.advance(Duration::from_millis(21));
        let mut order = Vec::new();
        for _ in 0..4 {
            order.push(woken.recv().await.unwrap());
        }
        assert_eq!(order, [10, 10, 20, 30]);
        assert_eq!(clock.sleepers(), 1);
    }

    #[tokio::test]
    async fn a_sleep_of_nothing_returns_and_a_dropped_one_leaves_nothing_behind() {
        let clock = clock();
        clock.sleep(Duration::ZERO).await;
        let sleep = clock.sleep(Duration::from_secs(1));
        assert!(tokio::time::timeout(Duration::from_millis(1), sleep).await.is_err());
        assert_eq!(clock.sleepers(), 0);
    }
}
