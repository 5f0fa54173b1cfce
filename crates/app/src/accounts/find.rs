//! Looking accounts up by what clients call them: all who ask at the same time by one call.

use crate::payments::create_error::CreateError;
use crate::support::coalescer::{Coalescer, Company, NotSubmitted, Submitted, Unknown};
use paygate_core::account::{AccountKey, AccountRecord};
use paygate_ports::{AccountReader, StoreError};
use std::sync::Arc;

/// The most look-ups that wait; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most look-ups in one call.
const MAX_BATCH: usize = 500;

pub(crate) type Answer = Result<Vec<Option<AccountRecord>>, StoreError>;

/// Looks accounts up.
#[derive(Clone)]
pub struct AccountFinder {
    reader: Arc<dyn AccountReader>,
    finding: Coalescer<Vec<AccountKey>, Answer>,
}

impl AccountFinder {
    /// Looks accounts up with this reader. Starts the task that does, on the current runtime.
    #[must_use]
    pub fn new(reader: Arc<dyn AccountReader>) -> Self {
        let for_batches = Arc::clone(&reader);
        let finding = Coalescer::start(MAX_WAITING, MAX_BATCH, Company::NONE, move |batch| {
            Box::pin(answer(Arc::clone(&for_batches), batch))
        });
        Self { reader, finding }
    }

    /// The accounts of these names, in their order.
    pub(crate) async fn find(
        &self,
        names: Vec<AccountKey>,
    ) -> Result<Vec<Option<AccountRecord>>, CreateError> {
        let answer = self.finding.try_submit(names).await;
        Ok(answer.map_err(|why: NotSubmitted| CreateError::from(why))??)
    }

    /// The accounts that each of these asks for, by one call.
    pub(crate) async fn find_each(&self, asked: Vec<Vec<AccountKey>>) -> Vec<Answer> {
        find_each(&*self.reader, asked).await
    }
}

async fn answer(
    reader: Arc<dyn AccountReader>,
    mut batch: Vec<Submitted<Vec<AccountKey>, Answer>>,
) -> Result<(), Unknown> {
    let asked = batch.iter_mut().map(|asked| std::mem::take(&mut asked.item)).collect();
    for (asked, answer) in batch.into_iter().zip(find_each(&*reader, asked).await) {
        // A client that went away needs no answer.
        let _ = asked.answer.send(answer);
    }
    Ok(())
}

async fn find_each(reader: &dyn AccountReader, asked: Vec<Vec<AccountKey>>) -> Vec<Answer> {
    let mut found = reader.find(asked.concat()).await.map(Vec::into_iter);
    let alone = asked.len() == 1;
    let mut answers = Vec::with_capacity(asked.len());
    for names in asked {
        answers.push(match &mut found {
            Ok(found) => Ok(found.take(names.len()).collect()),
            Err(error) if alone || error.is_transient() => Err(error.clone()),
            // Somebody's row can't be read: that is no answer for the others.
            Err(_) => reader.find(names).await,
        });
    }
    answers
}
