//! Deciding about the payments of a batch in one transaction, and, when that fails for a reason
//! that stays, finding whose fault it is.

use crate::ward::QuarantineWard;
use paygate_core::Timestamp;
use paygate_core::book::Book;
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

/// What a decision needs to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What claims need: accounts only of payments that are settled at once, or hold something.
    ForClaims,
    /// All of their accounts.
    Accounts,
}

/// If the store refuses so many payments in a row, and none goes through, it is not the payments.
const SYSTEMIC: usize = 10;
/// The wait before a store that refuses everything is tried again.
const SYSTEMIC_PAUSE: Duration = Duration::from_secs(5);

/// Decides about each of `ids`, all in one transaction if that works. If it fails for a reason that
/// stays, the batch is halved until the culprits are alone, and those are parked; unless everything
/// is refused, which is waited out. Answers the payments that changed; `None` if abandoned.
pub(crate) async fn transact_each(
    ward: &QuarantineWard,
    ids: Vec<PaymentId>,
    sees: Sees,
    decide: DecideOne,
) -> Option<Vec<Changed>> {
    loop {
        let attempt = attempt_each(ward, &ids, sees, &decide).await?;
        if attempt.by_store < SYSTEMIC || attempt.by_store < ids.len() {
            for (id, why) in attempt.refused {
                ward.park(id, &why).await?;
            }
            return Some(attempt.changed);
        }
        let (_, why) = attempt.refused.into_iter().next_back()?;
        tracing::error!(payments = ids.len(), why, "the store refuses everything; waiting");
        tokio::select! {
            biased;
            () = ward.abandon.cancelled() => return None,
            () = ward.ports.clock.sleep(SYSTEMIC_PAUSE) => {}
        }
    }
}

/// What became of a batch.
#[derive(Default)]
struct Attempt {
    changed: Vec<Changed>,
    refused: Vec<(PaymentId, String)>,
    /// How many of these the store refused, rather than a rule of core.
    by_store: usize,
}

async fn attempt_each(
    ward: &QuarantineWard,
    ids: &[PaymentId],
    sees: Sees,
    decide: &DecideOne,
) -> Option<Attempt> {
    let mut result = Attempt::default();
    let mut groups = vec![ids];
    while let Some(group) = groups.pop() {
        let poisoned: Arc<Mutex<Vec<(PaymentId, Poison)>>> = Arc::default();
        let since = Mutex::new(ward.ports.clock.now());
        let attempt = || {
            *lock(&since) = ward.ports.clock.now();
            let (decide, poisoned, mine) =
                (Arc::clone(decide), Arc::clone(&poisoned), group.to_vec());
            let whole = Arc::new(move |book: &mut Book| {
                let found = mine.iter().filter_map(|id| Some((*id, decide(book, *id).err()?)));
                // Replaced, not extended: a decision may run again after a deadlock.
                let found = found.collect();
                *lock(&poisoned) = found;
            });
            match sees {
                Sees::ForClaims => ward.ports.store.claim(group.to_vec(), whole),
                Sees::Accounts => ward.ports.store.transact(group.to_vec(), whole),
            }
        };
        match ward.patiently("processing a batch", attempt).await? {
            Ok(changes) => {
                let since = *lock(&since);
                // Not the payments that a refund among these has changed: each was at its end before
                // the refund was accepted, also where a hint of it came along.
                let refunded: BTreeSet<PaymentId> =
                    changes.payments.iter().filter_map(|it| it.parent).collect();
                let changed = changes.payments.into_iter().filter(|it| !refunded.contains(&it.id));
                result.changed.extend(changed.map(|payment| Changed { payment, since }));
                let found = std::mem::take(&mut *lock(&poisoned));
                result.refused.extend(found.into_iter().map(|(id, why)| (id, why.to_owned())));
            }
            Err(error) => match group {
                [] => {}
                [alone] => {
                    result.refused.push((*alone, error.to_string()));
                    result.by_store = result.by_store.saturating_add(1);
                }
                many => {
                    let (left, right) = many.split_at(many.len() / 2);
                    groups.extend([left, right]);
                }
            },
        }
    }
    Some(result)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
