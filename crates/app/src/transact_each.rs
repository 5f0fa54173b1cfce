//! Deciding about the payments of a batch in one transaction, and, when that fails for a reason
//! that stays, finding whose fault it is.

use crate::ward::QuarantineWard;
use paygate_core::Timestamp;
use paygate_core::book::Book;
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a payment can't be processed; a stable code.
pub(crate) type Poison = &'static str;

/// What is decided about one payment of a batch.
pub(crate) type DecideOne = Arc<dyn Fn(&mut Book, PaymentId) -> Result<(), Poison> + Send + Sync>;

/// A payment that a decision changed.
pub(crate) struct Changed {
    /// As it is now.
    pub(crate) payment: Payment,
    /// This process's time just before the transaction that changed it.
    pub(crate) since: Timestamp,
}

/// Decides about each of `ids`, all in one transaction if that works. If it fails for a reason that
/// stays, the batch is halved until the culprit is alone, and parked. Answers the payments that
/// changed; `None` if abandoned.
pub(crate) async fn transact_each(
    ward: &QuarantineWard,
    ids: Vec<PaymentId>,
    decide: DecideOne,
) -> Option<Vec<Changed>> {
    let mut changed = Vec::new();
    let mut groups = vec![ids];
    while let Some(group) = groups.pop() {
        let poisoned: Arc<Mutex<Vec<(PaymentId, Poison)>>> = Arc::default();
        let since = Mutex::new(ward.ports.clock.now());
        let attempt = || {
            *since.lock().unwrap_or_else(PoisonError::into_inner) = ward.ports.clock.now();
            let (decide, poisoned, mine) =
                (Arc::clone(&decide), Arc::clone(&poisoned), group.clone());
            let whole = Arc::new(move |book: &mut Book| {
                let found = mine.iter().filter_map(|id| Some((*id, decide(book, *id).err()?)));
                // Replaced, not extended: a decision may run again after a deadlock.
                let found = found.collect();
                *poisoned.lock().unwrap_or_else(PoisonError::into_inner) = found;
            });
            ward.ports.store.transact(group.clone(), whole)
        };
        match ward.patiently("processing a batch", attempt).await? {
            Ok(changes) => {
                let since = *since.lock().unwrap_or_else(PoisonError::into_inner);
                changed
                    .extend(changes.payments.into_iter().map(|payment| Changed { payment, since }));
                let found =
                    std::mem::take(&mut *poisoned.lock().unwrap_or_else(PoisonError::into_inner));
                for (id, why) in found {
                    ward.park(id, why).await?;
                }
            }
            Err(error) => match group.as_slice() {
                [] => {}
                [alone] => ward.park(*alone, &error.to_string()).await?,
                many => {
                    let (left, right) = many.split_at(many.len() / 2);
                    groups.extend([left.to_vec(), right.to_vec()]);
                }
            },
        }
    }
    Some(changed)
}
