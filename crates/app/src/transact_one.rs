//! Deciding about one payment at a client's request, and telling the client what was decided.

use crate::outcomes::outcomes;
use paygate_core::book::Book;
use paygate_core::id::PaymentId;
use paygate_ports::{PaymentStore, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs a decision on a payment under lock and answers what it said, once that is written.
pub(crate) async fn transact_one<T: Send + 'static>(
    store: &dyn PaymentStore,
    id: PaymentId,
    decide: impl Fn(&mut Book) -> T + Send + Sync + 'static,
) -> Result<T, StoreError> {
    let said = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&said);
    let whole = Arc::new(move |book: &mut Book| {
        // Replaced: a decision may run again after a deadlock.
        let decided = decide(book);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(decided);
    });
    let changes = store.transact(vec![id], whole).await?;
    // Counted; nobody waits for a payment that has left its flight.
    outcomes(&changes.payments);
    let said = said.lock().unwrap_or_else(PoisonError::into_inner).take();
    said.ok_or_else(|| StoreError::Refused("nothing was decided".to_owned()))
}
