//! Looking accounts up by what clients call them: all who ask at the same time by one call.

use crate::payments::create_error::CreateError;
use crate::support::coalescer::{Coalescer, NotSubmitted, Submitted, Unknown};
use paygate_core::account::{AccountKey, AccountRecord};
use paygate_ports::{AccountReader, StoreError};
use std::sync::Arc;

/// The most look-ups that wait; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most look-ups in one call.
const MAX_BATCH: usize = 500;

type Answer = Result<Vec<Option<AccountRecord>>, StoreError>;

/// Looks accounts up.
#[derive(Clone)]
pub struct AccountFinder {
    finding: Coalescer<Vec<AccountKey>, Answer>,
}

impl AccountFinder {
    /// Looks accounts up with this reader. Starts the task that does, on the current runtime.
    #[must_use]
    pub fn new(reader: Arc<dyn AccountReader>) -> Self {
        let finding = Coalescer::start(MAX_WAITING, MAX_BATCH, move |batch| {
            Box::pin(find(Arc::clone(&reader), batch))
        });
        Self { finding }
    }

    /// The accounts of these names, in their order.
    pub(crate) async fn find(
        &self,
        names: Vec<AccountKey>,
    ) -> Result<Vec<Option<AccountRecord>>, CreateError> {
        let answer = self.finding.try_submit(names).await;
        Ok(answer.map_err(|why: NotSubmitted| CreateError::from(why))??)
    }
}

async fn find(
    reader: Arc<dyn AccountReader>,
    batch: Vec<Submitted<Vec<AccountKey>, Answer>>,
) -> Result<(), Unknown> {
    let names: Vec<AccountKey> = batch.iter().flat_map(|asked| asked.item.clone()).collect();
    let alone = batch.len() == 1;
    let mut found = reader.find(names).await.map(Vec::into_iter);
    for asked in batch {
        let answer = match &mut found {
            Ok(found) => Ok(found.take(asked.item.len()).collect()),
            Err(error) if alone || error.is_transient() => Err(error.clone()),
            // Somebody's row can't be read: that is no answer for the others.
            Err(_) => reader.find(asked.item).await,
        };
        // A client that went away needs no answer.
        let _ = asked.answer.send(answer);
    }
    Ok(())
}
