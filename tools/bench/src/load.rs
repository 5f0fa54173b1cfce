//! The client's side of a load: one task and one connection for each simulated client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::Client;
use crate::work::Work;

/// Time for all connections to be made before the first request.
const PREPARATION: Duration = Duration::from_millis(500);
/// A server that has gone must not be hammered.
const PAUSE_AFTER_AN_ERROR: Duration = Duration::from_millis(50);

/// What the clients do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) work: Work,
    pub(crate) port: u16,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// Requests a second over all connections; none for as many as are answered.
    pub(crate) rate: Option<u32>,
    /// For the header `Prefer: wait=N`.
    pub(crate) wait_seconds: Option<u64>,
    /// What the references or keys begin with; another one for each load on one database.
    pub(crate) name: &'static str,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The time to each 201, in order.
    pub(crate) latencies: Vec<Duration>,
    /// How often each status came, or why none did.
    pub(crate) answers: BTreeMap<String, u64>,
}

impl Tally {
    fn merge(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        for (answer, times) in other.answers {
            *self.answers.entry(answer).or_default() += times;
        }
        self
    }

    /// How many payments were accepted.
    pub(crate) fn accepted(&self) -> u64 {
        u64::try_from(self.latencies.len()).unwrap_or(u64::MAX)
    }
}

/// What the clients of one load share.
#[derive(Debug, Default)]
struct Counts {
    /// The number of the next request.
    next: AtomicU64,
    accepted: AtomicU64,
}

impl Load {
    /// Runs it. `begin` is called just before the first request; `tick` each second, with the
    /// number of seconds and what is accepted so far, the last time as the load's time is up.
    pub(crate) async fn run(
        self,
        begin: impl AsyncFnOnce(),
        mut tick: impl AsyncFnMut(u64, u64),
    ) -> Result<Tally, String> {
        let counts = Arc::new(Counts::default());
        // Closed until it holds the time of the start; if it never does, the clients leave.
        let (gate, start) = watch::channel(None);
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            clients.spawn(self.drive(start.clone(), Arc::clone(&counts)));
        }
        sleep(PREPARATION).await;
        begin().await;
        let start = Instant::now();
        gate.send_replace(Some(start));
        for second in 1..=self.duration.as_secs() {
            sleep_until(start + Duration::from_secs(second)).await;
            tick(second, counts.accepted.load(Ordering::Relaxed)).await;
        }
        let mut tally = Tally::default();
        while let Some(seen) = clients.join_next().await {
            tally = tally.merge(seen.map_err(|error| format!("a client: {error}"))?);
        }
        tally.latencies.sort_unstable();
        Ok(tally)
    }

    /// One client: sends, waits, counts, until the time is up.
    async fn drive(self, mut gate: watch::Receiver<Option<Instant>>, counts: Arc<Counts>) -> Tally {
        let mut client = Client::new(self.port);
        let mut tally = Tally::default();
        // What fails here fails again, and is counted, at the first request.
        let _ = client.connect().await;
        let start = gate.wait_for(Option::is_some).await.map_or(None, |start| *start);
        let Some(start) = start else { return tally };
        loop {
            let number = counts.next.fetch_add(1, Ordering::Relaxed);
            let Some(begun) = self.due(start, number).await else { return tally };
            let request = self.work.request(self.name, number, self.wait_seconds);
            let answer = match client.send(request).await {
                Ok(answer) => {
                    if answer.status == 201 {
                        counts.accepted.fetch_add(1, Ordering::Relaxed);
                        tally.latencies.push(begun.elapsed());
                    }
                    answer.status.to_string()
                }
                Err(why) => {
                    sleep(PAUSE_AFTER_AN_ERROR).await;
                    format!("no answer ({why})")
                }
            };
            *tally.answers.entry(answer).or_default() += 1;
        }
    }

    /// Waits for the time of request `number` and answers from when it counts; none after the end.
    /// At a fixed rate a request that is late counts from when it was due, so that a server that
    /// stalls does not hide those who could not even ask. That the timer is late is not its fault.
    async fn due(self, start: Instant, number: u64) -> Option<Instant> {
        let (now, end) = (Instant::now(), start + self.duration);
        let due = match self.rate {
            None => now,
            Some(rate) => start + Duration::from_secs_f64(number as f64 / f64::from(rate.max(1))),
        };
        if due >= end {
            return None;
        }
        if due <= now {
            return Some(due);
        }
        sleep_until(due).await;
        Some(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, Work};
    use http_body_util::{BodyExt, Empty};
    use hyper::body::{Bytes, Incoming};
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper::{Request, Response, StatusCode};
    use hyper_util::rt::TokioIo;
    use std::time::Duration;
    use tokio::net::TcpListener;

    /// The seventh is refused.
    async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, hyper::Error> {
        let body = request.into_body().collect().await?.to_bytes();
        let mut answer = Response::new(Empty::new());
        *answer.status_mut() = match body.ends_with(b"-7\"}") {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::CREATED,
        };
        Ok(answer)
    }

    #[tokio::test]
    async fn a_fixed_rate_sends_each_request_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(serving);
            }
        });
        let load = Load {
            work: Work::Charges,
            port,
            connections: 3,
            duration: Duration::from_secs(1),
            rate: Some(50),
            wait_seconds: None,
            name: "test",
        };
        let (mut begun, mut ticks) = (false, Vec::new());
        let tally = load.run(async || begun = true, async |second, _| ticks.push(second)).await;
        let tally = tally.unwrap();
        assert!(begun);
        assert_eq!(ticks, [1]);
        assert_eq!(tally.accepted(), 49);
        let answers: Vec<_> = tally.answers.into_iter().collect();
        assert_eq!(answers, [("201".to_owned(), 49), ("503".to_owned(), 1)]);
    }
}
