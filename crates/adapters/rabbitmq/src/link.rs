//! A connection of one purpose that is kept up for ever: lost or found unusable, it is opened anew
//! with backoff, the topology declared, its channels and consumers made again.
//!
//! lapin can recover connections itself. That is not used: it replays what it remembers in place of
//! the topology as it should be, so a queue that was deleted stays away; and calls made in between
//! wait, while publishing must fail at once.

use crate::connection::Connector;
use crate::session::{Events, Session, say_goodbye, until_over};
use async_trait::async_trait;
use lapin::Connection;
use metrics::gauge;
use paygate_ports::QueueError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// A session that held this long ends a series of failures.
const STABLE: Duration = Duration::from_secs(30);

/// What a connection is for: what is set up on it each time it is opened.
#[async_trait]
pub trait Purpose: Send + Sync + 'static {
    /// What is set up.
    type Live: Send + Sync + 'static;
    /// How logs, metrics and the broker's page call it.
    const NAME: &'static str;
    /// Sets it up, on a connection on which the topology has been declared.
    async fn set_up(
        &self,
        connection: &Connection,
        connector: &Connector,
    ) -> lapin::Result<Self::Live>;
}

enum State<L> {
    /// The first attempt is under way.
    Starting,
    Down(Arc<str>),
    Up(Arc<Session<L>>),
    Closed,
}

/// How far the closing of a link is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    Asked,
    Done,
}

/// Keeps a connection up. Dropping it closes the connection.
pub struct Link<P: Purpose> {
    state: Arc<watch::Sender<State<P::Live>>>,
    closing: Arc<watch::Sender<Closing>>,
    supervisor: JoinHandle<()>,
}

impl<P: Purpose> Link<P> {
    /// Starts opening the connection and returns at once.
    pub fn start(connector: Arc<Connector>, purpose: P) -> Self {
        gauge!("paygate_broker_up", "connection" => P::NAME).set(0.0);
        let state = Arc::new(watch::Sender::new(State::Starting));
        let closing = Arc::new(watch::Sender::new(Closing::No));
        let supervisor = Supervisor { connector, purpose, state: Arc::clone(&state) };
        let supervisor = tokio::spawn(supervisor.run(Arc::clone(&closing)));
        Self { state, closing, supervisor }
    }

    /// The connection if it is up.
    pub fn current(&self) -> Result<Arc<Session<P::Live>>, QueueError> {
        match &*self.state.borrow() {
            State::Up(session) => Ok(Arc::clone(session)),
            State::Starting => Err(QueueError::Unavailable("not connected yet".to_owned())),
            State::Down(reason) => Err(QueueError::Unavailable(reason.to_string())),
            State::Closed => Err(closed()),
        }
    }

    /// The connection if it is up and the broker takes messages from it. While it does not, lapin
    /// would keep everything in memory.
    pub fn unblocked(&self) -> Result<Arc<Session<P::Live>>, QueueError> {
        let session = self.current()?;
        if session.connection.status().blocked() {
            return Err(QueueError::Unavailable("the broker blocks publishers".to_owned()));
        }
        Ok(session)
    }

    /// The connection, as soon as it is up.
    pub async fn up(&self) -> Result<Arc<Session<P::Live>>, QueueError> {
        let mut state = self.state.subscribe();
        let up = state.wait_for(|state| !matches!(state, State::Starting | State::Down(_))).await;
        match up.as_deref() {
            Ok(State::Up(session)) => Ok(Arc::clone(session)),
            _ => Err(closed()),
        }
    }

    /// Waits until that connection has been left.
    pub async fn left(&self, generation: u64) {
        let left = |state: &State<P::Live>| match state {
            State::Up(session) => session.generation != generation,
            State::Starting | State::Down(_) | State::Closed => true,
        };
        // An error would mean that the sender is gone; it is in `self`.
        let _ = self.state.subscribe().wait_for(left).await;
    }

    /// Closes the connection for good and returns when the broker has been told; it takes back what
    /// was not acknowledged.
    pub async fn close(&self) {
        self.closing.send_if_modified(|closing| {
            let first = *closing == Closing::No;
            if first {
                *closing = Closing::Asked;
            }
            first
        });
        let _ = self.closing.subscribe().wait_for(|closing| *closing == Closing::Done).await;
    }
}

impl<P: Purpose> Drop for Link<P> {
    fn drop(&mut self) {
        self.supervisor.abort();
        // Lets go of the session, with which the connection closes.
        self.state.send_replace(State::Closed);
        gauge!("paygate_broker_up", "connection" => P::NAME).set(0.0);
    }
}

/// What can be asked of any link, whatever it is for.
#[async_trait]
pub trait AnyLink: Send + Sync {
    /// Whether it is up and usable. A link that was closed on purpose is healthy.
    fn health(&self) -> Result<(), String>;
    /// Waits until the first attempt to open it has ended, well or not.
    async fn tried(&self);
}

#[async_trait]
impl<P: Purpose> AnyLink for Link<P> {
    fn health(&self) -> Result<(), String> {
        if *self.closing.borrow() != Closing::No {
            return Ok(());
        }
        self.unblocked().map(|_| ()).map_err(|error| format!("{}: {error}", P::NAME))
    }

    async fn tried(&self) {
        // An error would mean that the sender is gone; it is in `self`.
        let _ = self.state.subscribe().wait_for(|state| !matches!(state, State::Starting)).await;
    }
}

fn closed() -> QueueError {
    QueueError::Unavailable("closed".to_owned())
}

/// Counts the connections of the process: a tag of one link must mean nothing to another.
static GENERATIONS: AtomicU64 = AtomicU64::new(1);

struct Supervisor<P: Purpose> {
    connector: Arc<Connector>,
    purpose: P,
    state: Arc<watch::Sender<State<P::Live>>>,
}

impl<P: Purpose> Supervisor<P> {
    async fn run(self, closing: Arc<watch::Sender<Closing>>) {
        let mut asked = closing.subscribe();
        tokio::select! {
            biased;
            _ = asked.wait_for(|closing| *closing != Closing::No) => {}
            () = self.keep_up() => {}
        }
        let last = self.state.send_replace(State::Closed);
        if let State::Up(session) = last {
            gauge!("paygate_broker_up", "connection" => P::NAME).set(0.0);
            say_goodbye(&session).await;
            tracing::info!(connection = P::NAME, "connection to the broker closed");
        }
        closing.send_replace(Closing::Done);
    }

    async fn keep_up(&self) {
        let mut failures = 0u32;
        let mut logged = String::new();
        loop {
            let reason = match self.open().await {
                Ok((session, events)) => {
                    tracing::info!(connection = P::NAME, "connected to the broker");
                    gauge!("paygate_broker_up", "connection" => P::NAME).set(1.0);
                    let since = Instant::now();
                    self.state.send_replace(State::Up(Arc::clone(&session)));
                    let reason = until_over(&session, events, P::NAME).await;
                    self.state.send_replace(State::Down(reason.as_str().into()));
                    gauge!("paygate_broker_up", "connection" => P::NAME).set(0.0);
                    say_goodbye(&session).await;
                    if since.elapsed() > STABLE {
                        failures = 0;
                    }
                    logged.clear();
                    reason
                }
                Err(reason) => reason,
            };
            if reason != logged {
                tracing::warn!(connection = P::NAME, reason, "no connection to the broker");
                logged.clone_from(&reason);
            }
            self.state.send_replace(State::Down(reason.into()));
            sleep(self.delay(failures)).await;
            failures = failures.saturating_add(1);
        }
    }

    async fn open(&self) -> Result<(Arc<Session<P::Live>>, Events), String> {
        let generation = GENERATIONS.fetch_add(1, Ordering::Relaxed);
        let limit = self.connector.config.connect_timeout;
        let opened = timeout(limit, async {
            let connection = self.connector.connect(P::NAME).await?;
            let events = Events::of(&connection);
            self.connector.topology.declare(&connection).await?;
            let live = self.purpose.set_up(&connection, &self.connector).await?;
            let session = Session::new(generation, connection, live);
            lapin::Result::Ok((Arc::new(session), events))
        });
        match opened.await {
            Ok(opened) => opened.map_err(|error| error.to_string()),
            Err(_) => Err(format!("not connected within {limit:?}")),
        }
    }

    /// Doubles with each failure up to the maximum; its upper half is random, so that many
    /// processes do not come back at once.
    fn delay(&self, failures: u32) -> Duration {
        let config = &self.connector.config;
        let factor = 1u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX);
        let whole = config.reconnect_min.saturating_mul(factor).min(config.reconnect_max);
        let half_us = u64::try_from(whole.as_micros() / 2).unwrap_or(u64::MAX);
        let random_us = self.connector.ids.random().checked_rem(half_us.max(1)).unwrap_or(0);
        whole / 2 + Duration::from_micros(random_us)
    }
}
