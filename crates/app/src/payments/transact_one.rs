//! Deciding about one payment at a client's request, and telling the client what was decided.

use crate::payments::outcomes::outcomes;
use paygate_core::book::Book;
use paygate_core::decision::{Loads, Refused, Verdicts};
use paygate_core::id::PaymentId;
use paygate_ports::{PaymentStore, StoreError};
use std::sync::Arc;

/// Runs a decision on a payment under lock and answers what it said, once that is written.
pub(crate) async fn transact_one(
    store: &dyn PaymentStore,
    id: PaymentId,
    decide: impl Fn(&mut Book) -> Result<(), Refused> + Send + Sync + 'static,
) -> Result<Result<(), Refused>, StoreError> {
    let whole = Arc::new(move |book: &mut Book| {
        let refused = decide(book).err();
        refused.into_iter().map(|refused| (id, refused)).collect::<Verdicts>()
    });
    let mut transacted = store.transact(vec![id], Loads::Accounts, whole).await?;
    // Counted; nobody waits for a payment that has left its flight.
    outcomes(&transacted.changes.payments);
    Ok(transacted.verdicts.remove(&id).map_or(Ok(()), Err))
}
