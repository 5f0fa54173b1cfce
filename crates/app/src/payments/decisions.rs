//! Deciding about payments at clients' requests: for all who ask at the same time in one transaction.

use crate::payments::outcomes::outcomes;
use crate::support::coalescer::{Coalescer, Company, NotSubmitted, Submitted};
use crate::support::halved::halved;
use crate::support::overtaking::Overtaking;
use paygate_core::book::Book;
use paygate_core::decision::{Loads, Refused};
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_ports::{Decide, PaymentStore, StoreError, Transacted};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most decisions that wait; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most payments of one transaction.
const MAX_BATCH: usize = 500;
/// The most transactions at once, of which all but one are slow: these and the look-ups
/// leave some of the usual number of connections to those who accept.
const MAX_TRANSACTIONS: usize = 3;

/// What is decided about a payment.
type DecideOne = Arc<dyn Fn(&mut Book) -> Result<(), Refused> + Send + Sync>;
/// The payment if it was changed, once that is written; or what forbids it.
type Answer = Result<Result<Option<Payment>, Refused>, StoreError>;
type Asked = Submitted<(PaymentId, DecideOne), Answer>;

/// Decides about payments in a store.
#[derive(Clone)]
pub(crate) struct Decisions {
    batches: Coalescer<(PaymentId, DecideOne), Answer>,
}

impl Decisions {
    /// Starts the task that decides, on the current runtime.
    pub(crate) fn new(store: Arc<dyn PaymentStore>) -> Self {
        let transactions = Overtaking::new(MAX_TRANSACTIONS);
        let batches = Coalescer::start(MAX_WAITING, MAX_BATCH, Company::NONE, move |batch| {
            let (store, transactions) = (Arc::clone(&store), transactions.clone());
            Box::pin(async move {
                for group in each_payment_once(batch) {
                    transactions.run(decide_all(Arc::clone(&store), group)).await;
                }
                Ok(())
            })
        });
        Self { batches }
    }

    /// Runs a decision about a payment under lock.
    pub(crate) async fn decide(
        &self,
        id: PaymentId,
        decide: impl Fn(&mut Book) -> Result<(), Refused> + Send + Sync + 'static,
    ) -> Answer {
        self.batches.try_submit((id, Arc::new(decide))).await.unwrap_or_else(|why| {
            Err(StoreError::Unavailable(match why {
                NotSubmitted::Overloaded => "too many decisions wait already".to_owned(),
                // It may be written: the client must repeat it to know.
                NotSubmitted::NoAnswer => "the store gave no answer".to_owned(),
            }))
        })
    }
}

/// Groups in the order in which they are to go: who asks about a payment that another asked about
/// before comes after him, unless that one is slow.
fn each_payment_once(mut batch: Vec<Asked>) -> Vec<Vec<Asked>> {
    let mut groups = Vec::new();
    while !batch.is_empty() {
        let mut seen = HashSet::new();
        let (group, again) = batch.into_iter().partition(|asked| seen.insert(asked.item.0));
        groups.push(group);
        batch = again;
    }
    groups
}

/// In one transaction if that works.
async fn decide_all(store: Arc<dyn PaymentStore>, group: Vec<Asked>) {
    let transact = |group: &[Asked]| {
        let ids = group.iter().map(|asked| asked.item.0).collect();
        let (store, decide) = (Arc::clone(&store), all_of(group));
        async move { store.transact(ids, Loads::Accounts, decide).await }
    };
    for (group, transacted) in halved(group, transact).await {
        match transacted {
            Ok(transacted) => answer(group, transacted),
            Err(error) => {
                for asked in group {
                    // A client that went away needs no answer, here and below.
                    let _ = asked.answer.send(Err(error.clone()));
                }
            }
        }
    }
}

fn all_of(group: &[Asked]) -> Decide {
    let decisions: Vec<(PaymentId, DecideOne)> =
        group.iter().map(|asked| (asked.item.0, Arc::clone(&asked.item.1))).collect();
    Arc::new(move |book| {
        decisions.iter().filter_map(|(id, decide)| Some((*id, decide(book).err()?))).collect()
    })
}

fn answer(group: Vec<Asked>, Transacted { changes, mut verdicts }: Transacted) {
    // Counted; nobody waits for a payment that has left its flight.
    outcomes(&changes.payments);
    let mut changed: HashMap<PaymentId, Payment> =
        changes.payments.into_iter().map(|payment| (payment.id, payment)).collect();
    for asked in group {
        let id = asked.item.0;
        let decided = verdicts.remove(&id).map_or_else(|| Ok(changed.remove(&id)), Err);
        let _ = asked.answer.send(Ok(decided));
    }
}
