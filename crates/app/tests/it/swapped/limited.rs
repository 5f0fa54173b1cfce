//! An acquirer that approves up to a limit. It forgets with the process: fit for a trial only.

use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_core::provider::Decline;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Approves charges of up to `limit_minor`, declines the others; gives back what it took.
pub struct LimitedAcquirer {
    limit_minor: i64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    decided: HashMap<PaymentId, Decision>,
    /// What is left of each charge that was approved.
    left_minor: HashMap<PaymentId, i64>,
}

impl LimitedAcquirer {
    /// An acquirer that has decided nothing yet.
    #[must_use]
    pub fn new(limit_minor: i64) -> Self {
        Self { limit_minor, known: Mutex::default() }
    }

    /// Decides once per key: the port's promise is that a repeated key gets the first decision again.
    fn decide(&self, key: PaymentId, decision: impl FnOnce(&mut Known) -> Decision) -> Decision {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(decided) = known.decided.get(&key) {
            return *decided;
        }
        let decision = decision(&mut known);
        known.decided.insert(key, decision);
        decision
    }
}

#[async_trait]
impl Acquirer for LimitedAcquirer {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        let minor = request.amount.minor;
        Ok(self.decide(request.key, |known| {
            if minor > self.limit_minor {
                return Decision::Declined(Decline::Generic);
            }
            known.left_minor.insert(request.key, minor);
            Decision::Approved
        }))
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        let minor = request.amount.minor;
        Ok(self.decide(request.key, |known| match known.left_minor.get_mut(&request.of) {
            // Under one lock, so that refunds never add up to more than was taken.
            Some(left) if *left >= minor => {
                *left -= minor;
                Decision::Approved
            }
            _ => Decision::Declined(Decline::Generic),
        }))
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.decided.get(&key).map_or(KnownOutcome::NotFound, |it| KnownOutcome::Decided(*it)))
    }
}
