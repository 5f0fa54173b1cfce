//! The client's side of a load: one thread and one connection for each simulated client.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::client::Client;
use super::work::Work;

/// The stack of a client's thread; it needs a fraction of it.
const STACK: usize = 256 * 1024;
/// Time for all connections to be made before the first request.
const PREPARATION: Duration = Duration::from_millis(500);

/// What the clients do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) work: Work,
    pub(super) port: u16,
    pub(super) connections: usize,
    pub(super) duration: Duration,
    /// Requests a second over all connections; none for as many as are answered.
    pub(super) rate: Option<u32>,
    /// For the header `Prefer: wait=N`.
    pub(super) wait_seconds: Option<u64>,
    /// What the references or keys begin with; another one for each load on one database.
    pub(super) name: &'a str,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The time to each 201, in order.
    pub(super) latencies: Vec<Duration>,
    /// How often each status came, or why none did.
    pub(super) answers: BTreeMap<String, u64>,
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
    pub(super) fn accepted(&self) -> u64 {
        u64::try_from(self.latencies.len()).unwrap_or(u64::MAX)
    }
}

impl Load<'_> {
    /// Runs it. `begin` is called just before the first request; `tick` each second, with the
    /// number of seconds and what is accepted so far, the last time as the load's time is up.
    pub(super) fn run(
        self,
        begin: impl FnOnce(),
        mut tick: impl FnMut(u64, u64),
    ) -> Result<Tally, String> {
        let (accepted, next) = (AtomicU64::new(0), AtomicU64::new(0));
        // Closed until it holds the time of the start; if it never does, the clients leave.
        let gate = RwLock::new(None);
        thread::scope(|scope| {
            let mut closed = gate.write().map_err(|_| "the gate is broken")?;
            let mut clients = Vec::with_capacity(self.connections);
            for _ in 0..self.connections {
                let drive = || self.drive(&gate, &next, &accepted);
                let client = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, drive);
                clients.push(client.map_err(|error| format!("a client's thread: {error}"))?);
            }
            thread::sleep(PREPARATION);
            begin();
            let start = Instant::now();
            *closed = Some(start);
            drop(closed);
            for second in 1..=self.duration.as_secs() {
                sleep_until(start + Duration::from_secs(second));
                tick(second, accepted.load(Ordering::Relaxed));
            }
            let mut tally = Tally::default();
            for client in clients {
                let seen = client.join().map_err(|_| "a client's thread panicked")?;
                tally = tally.merge(seen);
            }
            tally.latencies.sort_unstable();
            Ok(tally)
        })
    }

    /// One client: sends, waits, counts, until the time is up.
    fn drive(
        self,
        gate: &RwLock<Option<Instant>>,
        next: &AtomicU64,
        accepted: &AtomicU64,
    ) -> Tally {
        let mut client = Client::new(self.port);
        let mut tally = Tally::default();
        // What fails here fails again, and is counted, at the first request.
        let _ = client.connect();
        let start = gate.read().map_or(None, |start| *start);
        let Some(start) = start else { return tally };
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.due(start, number) else { return tally };
            let request = self.work.request(self.name, number, self.wait_seconds);
            let answer = match client.send(&request) {
                Ok(answer) if answer.status == 201 => {
                    accepted.fetch_add(1, Ordering::Relaxed);
                    tally.latencies.push(due.elapsed());
                    answer.status.to_string()
                }
                Ok(answer) => answer.status.to_string(),
                Err(error) => {
                    // A server that has gone must not be hammered.
                    thread::sleep(Duration::from_millis(50));
                    format!("no answer ({})", error.kind())
                }
            };
            *tally.answers.entry(answer).or_default() += 1;
        }
    }

    /// Waits for the time of request `number` and answers that time; none after the end. At a
    /// fixed rate a request counts from when it was due, so that a server that stalls does not
    /// hide those who could not even ask.
    fn due(self, start: Instant, number: u64) -> Option<Instant> {
        let end = start + self.duration;
        let due = match self.rate {
            None => Instant::now(),
            Some(rate) => start + Duration::from_secs_f64(number as f64 / f64::from(rate.max(1))),
        };
        (due < end).then(|| {
            sleep_until(due);
            due
        })
    }
}

fn sleep_until(time: Instant) {
    thread::sleep(time.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::{Load, Work};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    fn answer_each_request(stream: TcpStream) {
        let mut writer = stream.try_clone().unwrap();
        let mut reader = BufReader::new(stream);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            while line != "\r\n" {
                line.clear();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            // The seventh is refused.
            let status = if body.ends_with(b"-7\"}") { 503 } else { 201 };
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
            writer.write_all(answer.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_fixed_rate_sends_each_request_once() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(|| answer_each_request(stream.unwrap()));
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
        let tally = load.run(|| begun = true, |second, _| ticks.push(second)).unwrap();
        assert!(begun);
        assert_eq!(ticks, [1]);
        assert_eq!(tally.accepted(), 49);
        let answers: Vec<_> = tally.answers.into_iter().collect();
        assert_eq!(answers, [("201".to_owned(), 49), ("503".to_owned(), 1)]);
    }
}
