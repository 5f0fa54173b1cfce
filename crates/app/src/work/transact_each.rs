//! Deciding about the payments of a batch in one transaction, and, when that fails for a reason
//! that stays, finding whose fault it is.

use crate::work::quarantine::Quarantiner;
use paygate_core::Timestamp;
use paygate_core::book::Book;
use paygate_core::decision::{Loads, Refused};
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_ports::{Decide, StoreError, Transacted};
use std::collections::BTreeSet;
use std::sync::Arc;
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

/// If the store takes none of so many payments, it is hardly the payments.
const SYSTEMIC: usize = 10;
/// The wait before a store that takes nothing is tried again.
const SYSTEMIC_PAUSE: Duration = Duration::from_secs(5);
/// How often it is tried again before the payments are set aside.
const SYSTEMIC_TRIES: u32 = 6;

/// Decides about each of `ids`, all in one transaction if that works. If it fails for a reason that
/// stays, the batch is halved until the culprits are alone. Those that break a rule are parked; those
/// that the store fails at, without a word about them, are set aside, and so is a whole batch of which
/// it takes nothing for a while: one failure that does not pass must not hold up what comes after.
/// Answers the payments that changed; `None` if abandoned.
pub(crate) async fn transact_each(
    quarantiner: &Quarantiner,
    ids: Vec<PaymentId>,
    loads: Loads,
    decide: DecideOne,
) -> Option<Vec<Changed>> {
    let mut tries = 0;
    loop {
        let attempt = attempt_each(quarantiner, &ids, loads, &decide).await?;
        let systemic = attempt.by_store() >= SYSTEMIC && attempt.by_store() == ids.len();
        if !systemic || tries >= SYSTEMIC_TRIES {
            for (id, why) in attempt.refused {
                match why {
                    Why::Rule(refused) => quarantiner.park(id, &refused.to_string()).await?,
                    Why::Store(error) if systemic || error.is_transient() => {
                        quarantiner.set_aside(id, &error.to_string()).await?;
                    }
                    Why::Store(error) => quarantiner.park(id, &error.to_string()).await?,
                }
            }
            return Some(attempt.changed);
        }
        tries += 1;
        tracing::error!(payments = ids.len(), tries, "the store takes nothing; waiting");
        quarantiner.patience.wait(SYSTEMIC_PAUSE).await?;
    }
}

/// Why nothing became of a payment.
enum Why {
    /// A rule of core forbids it.
    Rule(Refused),
    /// The store failed at it.
    Store(StoreError),
}

/// What became of a batch.
#[derive(Default)]
struct Attempt {
    changed: Vec<Changed>,
    refused: Vec<(PaymentId, Why)>,
}

impl Attempt {
    fn by_store(&self) -> usize {
        self.refused.iter().filter(|(_, why)| matches!(why, Why::Store(_))).count()
    }
}

async fn attempt_each(
    quarantiner: &Quarantiner,
    ids: &[PaymentId],
    loads: Loads,
    decide: &DecideOne,
) -> Option<Attempt> {
    let mut result = Attempt::default();
    let mut groups = vec![ids];
    while let Some(group) = groups.pop() {
        let attempt = || {
            let (ports, ids, whole) =
                (quarantiner.ports.clone(), group.to_vec(), all_of(group, decide));
            async move {
                let since = ports.clock.now();
                Ok((ports.store.transact(ids, loads, whole).await?, since))
            }
        };
        match quarantiner.patience.with_store("processing a batch", attempt).await? {
            Ok((Transacted { changes, verdicts }, since)) => {
                // Not the payments that a refund among these has changed: each was at its end before
                // the refund was accepted, also where a hint of it came along.
                let refunded: BTreeSet<PaymentId> =
                    changes.payments.iter().filter_map(|it| it.parent).collect();
                let changed = changes.payments.into_iter().filter(|it| !refunded.contains(&it.id));
                result.changed.extend(changed.map(|payment| Changed { payment, since }));
                let verdicts = verdicts.into_iter();
                result.refused.extend(verdicts.map(|(id, refused)| (id, Why::Rule(refused))));
            }
            Err(error) => match group {
                [] => {}
                [alone] => result.refused.push((*alone, Why::Store(error))),
                many => {
                    let (left, right) = many.split_at(many.len() / 2);
                    groups.extend([left, right]);
                }
            },
        }
    }
    Some(result)
}

/// The decision about each payment of a group.
fn all_of(group: &[PaymentId], decide: &DecideOne) -> Decide {
    let (group, decide) = (group.to_vec(), Arc::clone(decide));
    Arc::new(move |book| {
        let refused = |id: &PaymentId| Some((*id, Refused::Poison(decide(book, *id).err()?)));
        group.iter().filter_map(refused).collect()
    })
}
