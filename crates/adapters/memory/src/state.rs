//! What the two sides of the in-process queue share. Every change happens under one lock that is
//! never held across an await, so a message is always in exactly one place: waiting, or delivered
//! and not acknowledged.

use crate::config::MemoryQueueConfig;
use paygate_ports::{DeadLetter, Delivery, DeliveryTag, Hint, QueueError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A message with what it says.
#[derive(Clone, Debug)]
pub struct Message {
    pub hint: Result<Hint, String>,
    pub body: Vec<u8>,
    pub redelivered: bool,
}

impl Message {
    /// How many ids it counts for; an unreadable one counts for one, as it takes a place too.
    pub fn weight(&self) -> usize {
        self.hint.as_ref().map_or(1, |hint| hint.ids.len().max(1))
    }
}

/// The queue's contents.
#[derive(Debug, Default)]
pub struct Contents {
    pub waiting: VecDeque<Message>,
    pub waiting_ids: usize,
    pub unacked: BTreeMap<DeliveryTag, Message>,
    pub dead: VecDeque<DeadLetter>,
    /// The number of the last delivery, of whichever consumer: numbers never come twice, so a tag
    /// from before a redelivery finds nothing.
    last_number: u64,
    /// How many consumers there have been.
    pub consumers: u64,
    pub away: bool,
}

/// The contents, and the bell that rings when there may be something to take.
#[derive(Debug, Default)]
pub struct Shared {
    contents: Mutex<Contents>,
    pub bell: Notify,
    pub config: MemoryQueueConfig,
}

impl Shared {
    pub fn new(config: MemoryQueueConfig) -> Self {
        Self { config, ..Self::default() }
    }

    pub fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The contents, unless the broker is said to be away.
    pub fn reach(&self) -> Result<MutexGuard<'_, Contents>, QueueError> {
        let contents = self.lock();
        if contents.away {
            return Err(QueueError::Unavailable("the in-process queue is switched off".to_owned()));
        }
        Ok(contents)
    }
}

impl Contents {
    pub fn push(&mut self, message: Message) {
        self.waiting_ids = self.waiting_ids.saturating_add(message.weight());
        self.waiting.push_back(message);
    }

    /// Takes messages until they hold at least `max_ids` ids, one at least if there is one.
    pub fn take(&mut self, max_ids: usize, generation: u64) -> Vec<Delivery> {
        let mut taken = Vec::new();
        let mut ids = 0usize;
        while taken.is_empty() || ids < max_ids {
            let Some(message) = self.waiting.pop_front() else { break };
            self.waiting_ids = self.waiting_ids.saturating_sub(message.weight());
            ids = ids.saturating_add(message.weight());
            self.last_number = self.last_number.saturating_add(1);
            let tag = DeliveryTag { generation, number: self.last_number };
            taken.push(Delivery {
                tag,
                redelivered: message.redelivered,
                hint: message.hint.clone(),
                body: message.body.clone(),
            });
            self.unacked.insert(tag, message);
        }
        taken
    }

    /// Puts the unacknowledged messages that pass the filter back where they were, flagged.
    pub fn give_back(&mut self, whose: impl Fn(&DeliveryTag) -> bool) {
        let (back, kept) =
            std::mem::take(&mut self.unacked).into_iter().partition(|(tag, _)| whose(tag));
        self.unacked = kept;
        let back: BTreeMap<DeliveryTag, Message> = back;
        for (_, message) in back.into_iter().rev() {
            self.waiting_ids = self.waiting_ids.saturating_add(message.weight());
            self.waiting.push_front(Message { redelivered: true, ..message });
        }
    }
}
