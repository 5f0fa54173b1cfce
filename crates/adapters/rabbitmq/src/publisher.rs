//! Publishing, with and without confirms: the connection that all of a process's messages go out
//! by. It is apart from those that consume, since a broker that is short of memory or disk stops
//! reading from connections that publish, acknowledgements included.
//!
//! A publish has its channel to itself until all its confirms are there. lapin numbers a message
//! and queues it in two steps, so that two tasks on one channel could swap their confirms; and it
//! gives a returned message to whichever confirm comes next. Within one publish neither matters.

use crate::connection::Connector;
use crate::link::{Link, Purpose};
use crate::session::Session;
use async_trait::async_trait;
use futures_util::future::join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use metrics::counter;
use paygate_ports::QueueError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How many publishes may be unconfirmed at once; further ones wait for their turn.
const MAX_CHANNELS: usize = 32;
/// After how many confirm timeouts a channel is given up, its confirms unknown.
const PATIENCE: u32 = 12;

/// A message to be published.
pub struct Outgoing {
    pub exchange: ShortString,
    pub routing_key: ShortString,
    pub properties: BasicProperties,
    pub body: Vec<u8>,
}

/// What is set up on the publishing connection.
pub struct Channels {
    /// In confirm mode, used by nobody at the moment.
    idle: Mutex<Vec<Channel>>,
    /// For messages that need no confirm.
    plain: Channel,
}

/// See [the module](self).
pub struct Publishing;

#[async_trait]
impl Purpose for Publishing {
    type Live = Channels;
    const NAME: &'static str = "publish";

    async fn set_up(&self, connection: &Connection, _: &Connector) -> lapin::Result<Channels> {
        let idle = Mutex::new(vec![confirming(connection).await?]);
        Ok(Channels { idle, plain: connection.create_channel().await? })
    }
}

async fn confirming(connection: &Connection) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

/// Publishes messages. Clones share the connection.
#[derive(Clone)]
pub struct Publisher {
    pub link: Arc<Link<Publishing>>,
    turns: Arc<Semaphore>,
    confirm_timeout: Duration,
}

impl Publisher {
    pub fn new(link: Arc<Link<Publishing>>, confirm_timeout: Duration) -> Self {
        Self { link, turns: Arc::new(Semaphore::new(MAX_CHANNELS)), confirm_timeout }
    }

    /// Publishes messages and returns when the broker has confirmed them all, or one is known not
    /// to have arrived, or time is up.
    pub async fn confirmed(&self, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        let session = self.link.unblocked()?;
        let publish = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await;
            let turn = turn.map_err(|_| unavailable("closed"))?;
            // A task of its own, so that a caller that goes away, having waited as long as it
            // wants to, does not cost a channel: one with confirms under way is of no further use.
            let task = tokio::spawn(see_through(session, turn, messages, self.confirm_timeout));
            task.await.map_err(|error| unavailable(&error.to_string()))?
        };
        let late = || format!("no confirm within {:?}", self.confirm_timeout);
        timeout(self.confirm_timeout, publish).await.unwrap_or_else(|_| Err(unavailable(&late())))
    }

    /// Publishes a message and returns when it is on its way, which says nothing of its arrival.
    pub async fn unconfirmed(&self, message: &Outgoing) -> Result<(), QueueError> {
        let session = self.link.unblocked()?;
        let options = BasicPublishOptions::default();
        let publish = message.publish(&session.live.plain, options);
        match timeout(self.confirm_timeout, publish).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                session.fail(error.to_string());
                Err(unavailable(&error.to_string()))
            }
            Err(_) => Err(unavailable(&format!("not written within {:?}", self.confirm_timeout))),
        }
    }
}

impl Outgoing {
    async fn publish(
        &self,
        channel: &Channel,
        options: BasicPublishOptions,
    ) -> lapin::Result<lapin::PublisherConfirm> {
        let (exchange, key) = (self.exchange.clone(), self.routing_key.clone());
        channel.basic_publish(exchange, key, options, &self.body, self.properties.clone()).await
    }
}

/// What became of a message that was not confirmed.
enum Trouble {
    Nacked,
    Returned(String),
    Broken(lapin::Error),
}

/// Publishes on a channel of its own and waits for the confirms, longer than the caller does, so
/// that the channel can be used again. While the broker blocks publishers nothing moves, and
/// nothing is wrong either.
async fn see_through(
    session: Arc<Session<Channels>>,
    turn: OwnedSemaphorePermit,
    messages: Vec<Outgoing>,
    confirm_timeout: Duration,
) -> Result<(), QueueError> {
    let patience = confirm_timeout.saturating_mul(PATIENCE);
    let mut publishing = Box::pin(publish_all(&session, &messages));
    let outcome = loop {
        match timeout(patience, &mut publishing).await {
            Ok(outcome) => break outcome,
            Err(_) if session.connection.status().blocked() => {}
            Err(_) => {
                let reason = format!("no confirm within {patience:?}");
                session.fail(reason.clone());
                break Err(unavailable(&reason));
            }
        }
    };
    drop(publishing);
    drop(turn);
    outcome
}

async fn publish_all(session: &Session<Channels>, messages: &[Outgoing]) -> Result<(), QueueError> {
    let channel = session.take_channel().await?;
    let outcomes = join_all(messages.iter().map(|message| publish_one(&channel, message))).await;
    let trouble = outcomes.into_iter().filter_map(Result::err).max_by_key(Trouble::gravity);
    match trouble {
        None => {
            session.give_back(channel);
            Ok(())
        }
        Some(Trouble::Nacked) => {
            session.give_back(channel);
            Err(QueueError::Refused("the broker could not store a message".to_owned()))
        }
        // The queue or its binding is missing; a new session declares it.
        Some(Trouble::Returned(why)) => {
            session.fail(format!("a message was returned: {why}"));
            Err(QueueError::Refused(format!("a message was returned: {why}")))
        }
        // So is the exchange, if it is only the channel that broke.
        Some(Trouble::Broken(error)) => {
            session.fail(error.to_string());
            if error.is_amqp_soft_error() {
                return Err(QueueError::Refused(error.to_string()));
            }
            Err(unavailable(&error.to_string()))
        }
    }
}

async fn publish_one(channel: &Channel, message: &Outgoing) -> Result<(), Trouble> {
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    counter!("paygate_publishes_total").increment(1);
    let confirmed = async { message.publish(channel, options).await?.await };
    let (outcome, result) = match confirmed.await {
        Ok(Confirmation::Ack(None)) => ("ack", Ok(())),
        Ok(Confirmation::Ack(Some(back)) | Confirmation::Nack(Some(back))) => {
            ("returned", Err(Trouble::Returned(back.reply_text.to_string())))
        }
        // `NotRequested` would mean a channel that is not in confirm mode: nothing is known.
        Ok(Confirmation::Nack(None) | Confirmation::NotRequested) => ("nack", Err(Trouble::Nacked)),
        Err(error) => ("error", Err(Trouble::Broken(error))),
    };
    counter!("paygate_publish_confirms_total", "outcome" => outcome).increment(1);
    result
}

impl Trouble {
    /// What says most of the state of the channel wins.
    fn gravity(&self) -> u8 {
        match self {
            Self::Nacked => 0,
            Self::Returned(_) => 1,
            Self::Broken(_) => 2,
        }
    }
}

impl Session<Channels> {
    async fn take_channel(&self) -> Result<Channel, QueueError> {
        while let Some(channel) = self.pop_idle() {
            if channel.status().connected() {
                return Ok(channel);
            }
        }
        confirming(&self.connection).await.map_err(|error| {
            self.fail(error.to_string());
            unavailable(&error.to_string())
        })
    }

    fn pop_idle(&self) -> Option<Channel> {
        self.live.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, channel: Channel) {
        self.live.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
    }
}

fn unavailable(reason: &str) -> QueueError {
    QueueError::Unavailable(reason.to_owned())
}
