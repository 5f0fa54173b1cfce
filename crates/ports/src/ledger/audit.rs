//! Streaming the whole ledger, to be proved.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::proof::{Fact, Scope};

/// Takes facts as they come.
pub trait Examiner: Send {
    /// Looks at the next fact.
    fn see(&mut self, fact: Fact);
}

/// Streams what the store holds.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Shows the examiner all facts of that scope as of one moment, in the order that [`Fact`]
    /// tells, and reads them in pages, so that memory stays constant however much there is. A row
    /// that can't be read is a fact of its own. Writers are not kept waiting.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then nothing is known of what was not shown.
    async fn examine(&self, scope: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError>;
}
