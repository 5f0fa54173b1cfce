//! Identifiers that a test can foresee.

use chrono::{DateTime, Utc};
use paygate_core::account::AccountNumber;
use paygate_ports::IdSource;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

/// Counts: the same calls give the same identifiers. Each id is a valid UUIDv7 of the given time
/// and greater than the one before.
#[derive(Debug)]
pub struct SequentialIds {
    unix_ms: AtomicI64,
    last: AtomicU64,
}

impl SequentialIds {
    /// Ids of that time, the first with a 1 in it. Times before 1970 count as 1970.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self::starting_after(at, 0)
    }

    /// Ids of that time whose counter goes on after `last`: for a second source beside the first.
    #[must_use]
    pub fn starting_after(at: DateTime<Utc>, last: u64) -> Self {
        Self { unix_ms: AtomicI64::new(at.timestamp_millis()), last: AtomicU64::new(last) }
    }

    /// Gives ids of that time from now on. An earlier time than before changes nothing, since ids
    /// only grow.
    pub fn set_time(&self, at: DateTime<Utc>) {
        self.unix_ms.fetch_max(at.timestamp_millis(), Ordering::SeqCst);
    }

    fn count(&self) -> u64 {
        self.last.fetch_add(1, Ordering::SeqCst).wrapping_add(1)
    }
}

impl IdSource for SequentialIds {
    fn uuid_v7(&self) -> Uuid {
        /// The 48 bits of milliseconds, and the 62 bits that the counter gets.
        const TIME: u128 = (1 << 48) - 1;
        const COUNTER: u128 = (1 << 62) - 1;
        let unix_ms = u128::try_from(self.unix_ms.load(Ordering::SeqCst)).unwrap_or(0) & TIME;
        let counter = u128::from(self.count()) & COUNTER;
        // RFC 9562, 5.7: time, version 7, 12 bits, variant 0b10, 62 bits.
        Uuid::from_u128((unix_ms << 80) | (0x7 << 76) | (0b10 << 62) | counter)
    }

    fn account_number(&self) -> AccountNumber {
        AccountNumber::from_random(self.count())
    }

    fn random(&self) -> u64 {
        // The finalizer of SplitMix64: neighbours on the counter come out far apart.
        let mut mixed = self.count().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(unix_ms).unwrap()
    }

    #[test]
    fn ids_are_valid_ascending_and_of_the_given_time() {
        let ids = SequentialIds::new(at(1_700_000_000_123));
        let first = ids.uuid_v7();
        assert_eq!(first.to_string(), "018bcfe5-687b-7000-8000-000000000001");
        assert_eq!(first.get_version_num(), 7);
        assert_eq!(first.get_variant(), uuid::Variant::RFC4122);
        let second = ids.uuid_v7();
        ids.set_time(at(1_700_000_000_124));
        ids.set_time(at(1));
        let third = ids.uuid_v7();
        assert!(first < second && second < third);
        assert_eq!(third.to_string(), "018bcfe5-687c-7000-8000-000000000003");
    }

    #[test]
    fn the_same_calls_give_the_same_and_no_call_the_same_as_another() {
        let (one, other) = (SequentialIds::new(at(0)), SequentialIds::new(at(0)));
        assert_eq!(one.random(), other.random());
        assert_ne!(one.random(), one.random());
        let numbers = [one.account_number(), one.account_number()];
        assert_ne!(numbers[0], numbers[1]);
        assert!(numbers.iter().all(|number| AccountNumber::parse(&number.to_string()).is_ok()));
    }
}
