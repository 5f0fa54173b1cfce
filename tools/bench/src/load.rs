//! A load on running servers: one task and one connection for each simulated client, on one thread.
//!
//! First comes a moment that is not measured, so that connections stand and statements are
//! prepared; then one payment that is waited for, the mark that what is measured comes after.

mod client;
mod pace;
mod seen;
mod shared;

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, interval, timeout};

use crate::http::{Connection, Request, Target};
use crate::told::Bar;
use crate::wait_for::on_this_thread;
use crate::workload::{self, Choice, Key, Wallet, Workload};
use client::Client;
use pace::Pace;
pub(crate) use seen::{Seen, Spread, Times};
use shared::Shared;

/// Long enough that every connection of the service has seen every statement.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long clients may go on after their time, with what they have asked.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two looks of the bar.
const LOOK: Duration = Duration::from_millis(250);
/// How long the mark may take.
const MARK_SECONDS: u8 = 10;

/// What the clients do.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// The servers; clients are spread over them in turn.
    pub(crate) targets: Vec<Target>,
    pub(crate) workload: Workload,
    /// How many wallets of each currency there are.
    pub(crate) wallets: u64,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// Requests a second over all connections; none for as many as are answered.
    pub(crate) rate: Option<u32>,
    /// For the header `Prefer: wait=N`.
    pub(crate) wait: Option<u8>,
}

/// The last payment before those that are measured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Mark {
    /// Ids grow with time, so those of what is measured are greater.
    pub(crate) id: String,
    pub(crate) created_at: String,
    status: String,
}

impl Load {
    /// Runs it. `begin` is called just before the first request that is measured.
    pub(crate) fn run(&self, bar: &Bar, begin: impl FnOnce()) -> Result<(Mark, Seen), String> {
        on_this_thread(LocalSet::new().run_until(async {
            let mut clients = Vec::new();
            for target in self.targets.iter().cycle().take(self.connections) {
                clients.push(Client::connect(target).await?);
            }
            let (clients, _) = self.phase(clients, WARM_UP, bar).await?;
            let mark = self.mark().await?;
            begin();
            let (_, seen) = self.phase(clients, self.duration, bar).await?;
            Ok((mark, seen))
        }))
    }

    fn first(&self) -> Result<&Target, String> {
        self.targets.first().ok_or_else(|| "no server to ask".to_owned())
    }

    /// Lets the clients go for a while.
    async fn phase(
        &self,
        clients: Vec<Client>,
        duration: Duration,
        bar: &Bar,
    ) -> Result<(Vec<Client>, Seen), String> {
        let start = Instant::now();
        let shared = Rc::new(Shared {
            workload: self.workload,
            wait: self.wait,
            name: unique_name(),
            choice: Choice::among(self.wallets),
            pace: Pace::new(start, duration, self.rate, clients.len()),
            seen: RefCell::new(Seen::new()?),
        });
        let mut running = JoinSet::new();
        for client in clients {
            running.spawn_local(client.drive(Rc::clone(&shared)));
        }
        let mut clients = Vec::new();
        let all = async {
            let mut look = interval(LOOK);
            loop {
                tokio::select! {
                    client = running.join_next() => match client {
                        Some(client) => clients.push(client.map_err(|error| error.to_string())?),
                        None => return Ok::<(), String>(()),
                    },
                    _ = look.tick() => shared.tell(start, duration, bar),
                }
            }
        };
        timeout(duration + PATIENCE, all).await.map_err(|_| "the servers answer no more")??;
        let mut seen = shared.seen.replace(Seen::new()?);
        seen.unsent = shared.pace.unsent();
        seen.took = start.elapsed();
        Ok((clients, seen))
    }

    /// Sends one payment, and waits for it.
    pub(crate) fn one(&self) -> Result<Mark, String> {
        on_this_thread(self.mark())
    }

    /// A payment that is waited for.
    async fn mark(&self) -> Result<Mark, String> {
        let target = self.first()?;
        let (mut connection, mut request) = (Connection::new(target), Request::new(target));
        let (name, pair) = (unique_name(), (Wallet::idr(0), Wallet::idr(1)));
        let key = Key { load: &name, number: 0 };
        let request = match self.workload {
            Workload::Charge => workload::charge(&mut request, key, Some(MARK_SECONDS)),
            _ => workload::transfer(&mut request, key, pair, false, Some(MARK_SECONDS)),
        };
        let answer = connection.ask(request).await?;
        let mark = serde_json::from_slice::<Mark>(answer.body);
        match mark {
            Ok(mark) if answer.status == 201 && mark.status == "SUCCESS" => Ok(mark),
            _ => Err(format!("the first payment came to {} {}", answer.status, answer.text())),
        }
    }
}

/// A name that no other load has had.
fn unique_name() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::Load;
    use crate::http::Target;
    use crate::told::Bar;
    use crate::workload::Workload;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    /// Accepts every payment but the one with number 7.
    fn serve(mut stream: TcpStream) {
        let mut request = [0; 4_096];
        while let Ok(length @ 1..) = stream.read(&mut request) {
            let body = r#"{"id":"1","status":"SUCCESS","created_at":"now"}"#;
            let status = match request[..length].ends_with(b"-7\"}") {
                true => "503 Service Unavailable",
                false => "201 Created",
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_fixed_rate_sends_each_request_once_and_counts_what_came_of_it() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(|| serve(stream.unwrap()));
            }
        });
        let load = Load {
            targets: vec![Target::local(port)],
            workload: Workload::Charge,
            wallets: 2,
            connections: 3,
            duration: Duration::from_secs(1),
            rate: Some(50),
            wait: None,
        };
        let mut begun = false;
        let (mark, seen) = load.run(&Bar::start("test"), || begun = true).unwrap();
        assert!(begun);
        assert_eq!((mark.id.as_str(), seen.accepted(), seen.unsent), ("1", 49, 0));
        let others: Vec<_> = seen.others.into_iter().collect();
        assert_eq!(others, [("charge: 503".to_owned(), 1)]);
        assert!(seen.took >= Duration::from_millis(980), "{:?}", seen.took);
    }
}
