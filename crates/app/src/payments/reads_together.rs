//! A reader that looks single payments up together: all who ask at the same time by one call. Clients
//! poll for what they made, and those who wait for an outcome hear of it at the same time.

use crate::support::coalescer::{Coalescer, Company, Submitted};
use crate::support::halved::halved;
use crate::support::overtaking::Overtaking;
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_core::identity::KeyHash;
use paygate_core::payment::{PaymentRecord, Transition};
use paygate_ports::{Page, PaymentQuery, PaymentReader, StoreError};
use std::sync::Arc;

/// The most look-ups that wait; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most look-ups in one call.
const MAX_BATCH: usize = 500;
/// The most calls at once, of which all but one are slow: these and the decisions
/// leave some of the usual number of connections to those who accept.
const MAX_CALLS: usize = 3;

type Answer = Result<Option<PaymentRecord>, StoreError>;

/// Reads by another reader.
pub struct ReadsTogether {
    reader: Arc<dyn PaymentReader>,
    finding: Coalescer<PaymentId, Answer>,
}

impl ReadsTogether {
    /// Reads by this reader. Starts the task that looks single payments up, on the current runtime.
    #[must_use]
    pub fn new(reader: Arc<dyn PaymentReader>) -> Self {
        let (for_batches, calls) = (Arc::clone(&reader), Overtaking::new(MAX_CALLS));
        let finding = Coalescer::start(MAX_WAITING, MAX_BATCH, Company::NONE, move |batch| {
            let (reader, calls) = (Arc::clone(&for_batches), calls.clone());
            Box::pin(async move {
                calls.run(answer(reader, batch)).await;
                Ok(())
            })
        });
        Self { reader, finding }
    }
}

#[async_trait]
impl PaymentReader for ReadsTogether {
    async fn payment(&self, id: PaymentId) -> Answer {
        self.finding.try_submit(id).await.unwrap_or_else(|why| Err(why.into()))
    }

    async fn find(&self, ids: Vec<PaymentId>) -> Result<Vec<Option<PaymentRecord>>, StoreError> {
        self.reader.find(ids).await
    }

    async fn by_key(&self, key: KeyHash) -> Answer {
        self.reader.by_key(key).await
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        self.reader.payments(query).await
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        self.reader.timeline(id).await
    }
}

async fn answer(reader: Arc<dyn PaymentReader>, batch: Vec<Submitted<PaymentId, Answer>>) {
    let find = |asked: &[Submitted<PaymentId, Answer>]| {
        let (reader, ids) = (Arc::clone(&reader), asked.iter().map(|asked| asked.item).collect());
        async move { reader.find(ids).await }
    };
    for (group, mut found) in halved(batch, find).await {
        for (place, asked) in group.into_iter().enumerate() {
            let own = |found: &mut Vec<_>| found.get_mut(place).and_then(Option::take);
            // A client that went away needs no answer.
            let _ = asked.answer.send(found.as_mut().map(own).map_err(|error| error.clone()));
        }
    }
}
