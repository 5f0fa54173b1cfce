//! The real clock and the real source of identifiers.

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use paygate_core::Timestamp;
use paygate_core::account::AccountNumber;
use paygate_ports::{Clock, IdSource};
use std::time::Duration;
use uuid::Uuid;

/// The system's clock, cut to microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(6)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Identifiers from the system's randomness; UUIDs ascend within the process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RandomIds;

impl IdSource for RandomIds {
    #[allow(clippy::disallowed_methods, reason = "this is the source of ids")]
    fn uuid_v7(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn account_number(&self) -> AccountNumber {
        AccountNumber::from_random(self.random())
    }

    #[allow(clippy::disallowed_methods, reason = "this is the source of randomness")]
    fn random(&self) -> u64 {
        // A version 4 UUID is 122 random bits, but for its version and variant; folding its halves
        // covers those.
        let (high, low) = Uuid::new_v4().as_u64_pair();
        high.rotate_left(32) ^ low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_times_are_whole_microseconds() {
        let ids: Vec<Uuid> = (0..1000).map(|_| RandomIds.uuid_v7()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7));
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1000, 0);
        assert_ne!(RandomIds.random(), RandomIds.random());
    }
}
