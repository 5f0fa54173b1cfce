//! Where payments are accepted and changed.

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::book::{Book, Changes};
use paygate_core::id::PaymentId;
use paygate_core::payment::{NewPayment, PaymentRecord};
use std::sync::Arc;

/// A pure decision about a [`Book`]. It may run more than once for one call (after a deadlock) and
/// must not keep anything between the runs.
pub type Decide = Arc<dyn Fn(&mut Book) + Send + Sync>;

/// What became of one payment of an accepted batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored, since that time. Also the answer when the same id was stored by an earlier
    /// call whose answer was lost.
    Created(Timestamp),
    /// The same caller sent the same request under the same key before: that payment, as it is now.
    Replayed(Box<PaymentRecord>),
    /// The same caller used the key for another request.
    KeyReused,
    /// The merchant has another payment of that reference.
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

    /// Runs a decision on the named payments and their accounts under row locks, and writes what it
    /// changed, in one transaction. Answers what was written.
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
    async fn transact(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError>;

    /// As [`PaymentStore::transact`], for what a worker does with hints: accounts are in the book,
    /// and locked, only of payments whose claim needs them
    /// ([`paygate_core::payment::Payment::claim_needs_accounts`]), so that claiming charges waits
    /// for nobody who posts.
    ///
    /// # Errors
    /// As [`PaymentStore::transact`].
    async fn claim(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError>;
}
