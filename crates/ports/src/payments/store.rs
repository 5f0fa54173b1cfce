//! Where payments are accepted and changed.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::book::{Book, Changes};
use paygate_core::decision::{Loads, Verdicts};
use paygate_core::id::PaymentId;
use paygate_core::payment::{NewPayment, PaymentRecord};
use std::sync::Arc;

/// A pure decision about a [`Book`]. It may run more than once for one call (after a deadlock) and
/// must not keep anything between the runs: what it has to say it returns.
pub type Decide = Arc<dyn Fn(&mut Book) -> Verdicts + Send + Sync>;

/// A decision that says no more than what it changes.
pub fn silent(decide: impl Fn(&mut Book) + Send + Sync + 'static) -> Decide {
    Arc::new(move |book| {
        decide(book);
        Verdicts::new()
    })
}

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transacted {
    /// What was written.
    pub changes: Changes,
    /// What the decision said, in the run whose changes were written.
    pub verdicts: Verdicts,
}

/// What became of one payment of an accepted batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored, since that time. Also the answer when the same id was stored by an earlier
    /// call whose answer was lost.
    Created(Timestamp),
    /// The same request was sent under the same key before: that payment, as it is now.
    Replayed(Box<PaymentRecord>),
    /// The key was used for another request.
    KeyReused,
    /// The owner has another payment of that reference.
    ReferenceTaken {
        /// That payment.
        existing: PaymentId,
    },
    /// The quote serves another payment already.
    QuoteUsed {
        /// That payment.
        existing: PaymentId,
    },
    /// This one payment can't be stored, for a reason that is its own (a neighbour was not
    /// disturbed).
    Refused(StoreError),
}

/// Accepts payments and changes them.
#[async_trait]
pub trait PaymentStore: Send + Sync {
    /// Stores a batch of new payments, durably, in as few statements as possible; the answers are
    /// in the order of the batch.
    ///
    /// Duplicates, also within the batch, are told apart in this order: own id, then key, then
    /// reference, then quote (see [`Accepted`]); of twins exactly one is created.
    ///
    /// # Errors
    /// A transient [`StoreError`] for the whole batch; then nothing is known of any of it, and the
    /// call may be repeated with the same ids. What concerns one payment is that payment's
    /// [`Accepted::Refused`].
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError>;

    /// Runs a decision on the named payments and the accounts that `loads` says, under row locks, and
    /// writes what it changed, in one transaction. Answers what was written, and what it said.
    ///
    /// Unknown ids and ids named twice are no error: the book simply holds each known payment once.
    /// With a refund comes the payment it refunds, and with a payment between two currencies the
    /// liquidity accounts of both. Rows are locked payments first, then accounts, each in the order
    /// of their ids; deadlocks and
    /// serialization failures are retried inside. A caller that goes away while it waits leaves no
    /// lock and no open transaction behind.
    ///
    /// # Errors
    /// A [`StoreError`]; then nothing was written (or, transient only, a commit's answer was lost).
    /// A decision that panics is `Refused`. A row that can't be read is `Corrupt` for the whole
    /// call: repeat it with fewer ids.
    async fn transact(
        &self,
        ids: Vec<PaymentId>,
        loads: Loads,
        decide: Decide,
    ) -> Result<Transacted, StoreError>;
}
