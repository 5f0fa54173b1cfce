//! One opened connection, from its set-up to the reason of its end.

use futures_util::{Stream, StreamExt};
use lapin::{Connection, Event};
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{interval, timeout};

/// How long the goodbye to a broker may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// One opened connection.
pub struct Session<L> {
    /// Tells it from every other connection of the process.
    pub generation: u64,
    pub connection: Connection,
    /// What the purpose has set up.
    pub live: L,
    failed: watch::Sender<Option<String>>,
}

impl<L> Session<L> {
    pub fn new(generation: u64, connection: Connection, live: L) -> Self {
        Self { generation, connection, live, failed: watch::Sender::new(None) }
    }

    /// Says that this connection is of no use any more; it will be replaced.
    pub fn fail(&self, reason: impl Into<String>) {
        self.failed.send_if_modified(|failed| {
            let first = failed.is_none();
            if first {
                *failed = Some(reason.into());
            }
            first
        });
    }
}

/// What lapin tells of a connection.
pub struct Events(Pin<Box<dyn Stream<Item = Event> + Send>>);

impl Events {
    /// From now on: what happened before is not told.
    pub fn of(connection: &Connection) -> Self {
        Self(Box::pin(connection.events_listener()))
    }
}

/// Waits for the end of a session and answers why.
pub async fn until_over<L>(session: &Session<L>, mut events: Events, name: &str) -> String {
    let mut failed = session.failed.subscribe();
    // Events tell of the end at once, except where lapin has none; so it is looked at, too.
    let mut look = interval(Duration::from_secs(1));
    let mut last_error = String::new();
    loop {
        tokio::select! {
            biased;
            failed = failed.wait_for(Option::is_some) => {
                return failed.ok().and_then(|failed| failed.clone()).unwrap_or_default();
            }
            event = events.0.next() => match event {
                // Errors of channels come here, too; who uses a channel sees to it.
                Some(Event::Error(error)) => {
                    last_error = error.to_string();
                }
                Some(Event::ConnectionBlocked(reason)) => {
                    tracing::warn!(connection = name, reason, "the broker blocks publishers");
                }
                Some(Event::ConnectionUnblocked) => {
                    tracing::info!(connection = name, "the broker takes messages again");
                }
                Some(_) => {}
                None => return "the connection has ended".to_owned(),
            },
            _ = look.tick() => {}
        }
        if !session.connection.status().connected() {
            return if last_error.is_empty() {
                "the connection is gone".to_owned()
            } else {
                last_error
            };
        }
    }
}

/// Closes what may be left of a connection, so that the broker takes its messages back now.
pub async fn say_goodbye<L>(session: &Session<L>) {
    // An error means that it is closed already.
    let _ = timeout(GOODBYE, session.connection.close(200, "goodbye".into())).await;
}
