//! Telling waiting clients that a payment has moved on. Events are hints too: who waits looks at
//! the row in any case, so a lost event costs time, never truth.

use crate::payments::queue::QueueError;
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// That a payment has reached a state in which nobody waits any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The payment.
    pub id: PaymentId,
    /// Its state then.
    pub status: Status,
}

/// Resolves when the payment has been announced. Dropping it ends the registration.
pub type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Announces outcomes to every process that waits for one.
#[async_trait]
pub trait Outcomes: Send + Sync {
    /// Announces the outcomes of a settled batch, in one message.
    ///
    /// # Errors
    /// [`QueueError`]: some or all who wait were not told.
    async fn announce(&self, outcomes: &[Outcome]) -> Result<(), QueueError>;

    /// Registers for a payment's outcome at once, that is before the answer is first polled; what
    /// is announced from then on is not missed while the connection stands.
    fn wait_for(&self, id: PaymentId) -> Waiting;
}

/// Who waits for what, in one process: the part that every adapter of [`Outcomes`] needs.
#[derive(Clone, Debug, Default)]
pub struct WaiterRegistry {
    waiters: Arc<Mutex<HashMap<PaymentId, watch::Sender<bool>>>>,
}

impl WaiterRegistry {
    /// Registers a waiter; it leaves the registry when the answer is dropped.
    #[must_use]
    pub fn register(&self, id: PaymentId) -> Waiting {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = waiters.entry(id).or_insert_with(|| watch::Sender::new(false));
        let guard = Registration { registry: self.clone(), id, receiver: Some(sender.subscribe()) };
        drop(waiters);
        Box::pin(async move {
            let mut guard = guard;
            if let Some(receiver) = guard.receiver.as_mut() {
                // An error means that the sender is gone, which only happens after it has told.
                let _ = receiver.wait_for(|told| *told).await;
            }
        })
    }

    /// Wakes who waits for any of these.
    pub fn tell(&self, ids: impl IntoIterator<Item = PaymentId>) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if let Some(sender) = waiters.remove(&id) {
                sender.send_replace(true);
            }
        }
    }

    /// How many payments are waited for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes a payment out of the registry when its last waiter goes.
struct Registration {
    registry: WaiterRegistry,
    id: PaymentId,
    receiver: Option<watch::Receiver<bool>>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.receiver = None;
        let mut waiters = self.registry.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            waiters.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[tokio::test]
    async fn a_waiter_hears_what_is_told_after_it_registered_and_leaves_nothing_behind() {
        let registry = WaiterRegistry::default();
        let id = PaymentId::from_str("018bcfe5-687b-7000-8000-000000000000").unwrap();
        registry.tell([id]);
        let (first, second) = (registry.register(id), registry.register(id));
        assert_eq!(registry.len(), 1);
        registry.tell([id]);
        first.await;
        second.await;
        assert!(registry.is_empty());
    }

    #[tokio::test]
    async fn a_waiter_that_gives_up_leaves_the_registry_to_the_others() {
        let registry = WaiterRegistry::default();
        let id = PaymentId::from_str("018bcfe5-687b-7000-8000-000000000000").unwrap();
        let (first, second) = (registry.register(id), registry.register(id));
        drop(first);
        assert_eq!(registry.len(), 1);
        drop(second);
        assert!(registry.is_empty());
    }
}
