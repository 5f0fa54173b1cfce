//! Announcing outcomes within the process.

use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_ports::{Outcome, Outcomes, QueueError, WaiterRegistry, Waiting};

/// Outcomes that stay in the process. Clones share their waiters.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutcomes {
    waiters: WaiterRegistry,
}

impl MemoryOutcomes {
    /// Outcomes told to the waiters of this registry.
    #[must_use]
    pub fn new(waiters: WaiterRegistry) -> Self {
        Self { waiters }
    }
}

#[async_trait]
impl Outcomes for MemoryOutcomes {
    async fn announce(&self, outcomes: &[Outcome]) -> Result<(), QueueError> {
        self.waiters.tell(outcomes.iter().map(|outcome| outcome.id));
        Ok(())
    }

    fn wait_for(&self, id: PaymentId) -> Waiting {
        self.waiters.register(id)
    }
}
