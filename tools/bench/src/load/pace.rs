//! When the next request is due.
//!
//! At a fixed rate the time of a request is that of the schedule, whether a connection was free for
//! it or not: so a server that stalls does not hide those who could not even ask. The schedule is
//! kept by a thread of its own, since the runtime's timer is late by a millisecond or two.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long requests that are late may still be sent after the end.
const GRACE: Duration = Duration::from_secs(5);
/// The least pause between two looks at the schedule.
const PAUSE: Duration = Duration::from_micros(200);

/// Numbers the requests and says when each is due.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    end: Instant,
    next: Cell<u64>,
    schedule: Option<Schedule>,
    unsent: Cell<u64>,
}

#[derive(Debug)]
struct Schedule {
    rate: u32,
    /// How many requests there are in all.
    total: u64,
    /// One for each that is due.
    due: Arc<Semaphore>,
}

impl Pace {
    /// Begins now: so many requests a second, or as many as the clients find time for.
    pub(super) fn new(
        start: Instant,
        duration: Duration,
        rate: Option<u32>,
        clients: usize,
    ) -> Self {
        let schedule = rate.map(|rate| {
            let rate = rate.max(1);
            let total = (duration.as_secs_f64() * f64::from(rate)) as u64;
            let due = Arc::new(Semaphore::new(0));
            let beating = Arc::clone(&due);
            // It ends by itself, as the time is up.
            thread::spawn(move || beat(&beating, start, rate, total, clients));
            Schedule { rate, total, due }
        });
        let (next, unsent) = (Cell::new(0), Cell::new(0));
        Self { start, end: start + duration, next, schedule, unsent }
    }

    /// The number of the next request, and the time it counts from; none after the end.
    pub(super) async fn next(&self) -> Option<(u64, Instant)> {
        let Some(schedule) = &self.schedule else {
            let now = Instant::now();
            return (now < self.end).then(|| (self.take(), now));
        };
        loop {
            schedule.due.acquire().await.ok()?.forget();
            let number = self.take();
            if number >= schedule.total {
                return None;
            }
            if Instant::now() < self.end + GRACE {
                return Some((number, self.start + due(number, schedule.rate)));
            }
            self.unsent.set(self.unsent.get() + 1);
        }
    }

    /// How many requests were due and could not be sent by the end.
    pub(super) fn unsent(&self) -> u64 {
        self.unsent.get()
    }

    fn take(&self) -> u64 {
        let number = self.next.get();
        self.next.set(number + 1);
        number
    }
}

/// How long after the start request `number` is due.
fn due(number: u64, rate: u32) -> Duration {
    Duration::from_secs_f64(number as f64 / f64::from(rate))
}

/// Gives one permit for each request as it becomes due, and in the end one to each client, which so
/// learns that there is no more.
fn beat(permits: &Semaphore, start: Instant, rate: u32, total: u64, clients: usize) {
    let mut given = 0;
    while given < total {
        let by_now = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64 + 1;
        let more = by_now.min(total).saturating_sub(given);
        permits.add_permits(usize::try_from(more).unwrap_or(0));
        given += more;
        let next = start + due(given, rate);
        thread::sleep(next.saturating_duration_since(Instant::now()).max(PAUSE));
    }
    permits.add_permits(clients);
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test]
    async fn a_schedule_numbers_each_request_once_and_counts_from_when_it_was_due() {
        let start = Instant::now();
        let pace = Pace::new(start, Duration::from_millis(200), Some(100), 2);
        // Nobody is free for the first half.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut dues = Vec::new();
        while let Some((number, due)) = pace.next().await {
            dues.push((number, due.duration_since(start).as_millis()));
        }
        let expected: Vec<_> = (0..20).map(|number| (number, u128::from(number) * 10)).collect();
        assert_eq!(dues, expected);
        assert!(pace.next().await.is_none(), "each client learns of the end");
        assert!(start.elapsed() >= Duration::from_millis(190));
        assert_eq!(pace.unsent(), 0);
    }

    #[tokio::test]
    async fn without_a_rate_the_next_is_due_at_once_until_the_end() {
        let pace = Pace::new(Instant::now(), Duration::from_millis(50), None, 1);
        assert_eq!(pace.next().await.unwrap().0, 0);
        assert_eq!(pace.next().await.unwrap().0, 1);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(pace.next().await.is_none());
    }
}
