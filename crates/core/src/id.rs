//! Identifiers. Payment and account ids are UUIDv7 (RFC 9562), so that their order is roughly the
//! order of creation; the paging of lists relies on that.

use crate::Timestamp;
use std::fmt;
use uuid::Uuid;

/// Declares a UUID newtype with the conversions every edge needs.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            /// Reads the usual form only, 36 characters with hyphens (RFC 9562 section 4): an id has
            /// one text.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse::<uuid::fmt::Hyphenated>().map(|id| Self(id.into_uuid()))
            }
        }
    };
}

uuid_id! {
    /// Identifies a payment; also the idempotency key of every provider call made for it.
    PaymentId
}
uuid_id! {
    /// Identifies an account.
    AccountId
}
uuid_id! {
    /// Identifies a quoted exchange rate.
    QuoteId
}
uuid_id! {
    /// Identifies a person who has an account with the house.
    UserId
}
uuid_id! {
    /// Identifies a key of a merchant's programs. It is no secret.
    ApiKeyId
}
uuid_id! {
    /// Identifies a session of a person: from a login to its end.
    SessionId
}
uuid_id! {
    /// Identifies an entry of the audit log. Made by the process that writes it, so that their order
    /// is roughly that of their time.
    AuditId
}

impl PaymentId {
    /// The smallest id a payment created at `at` can have: the millisecond of `at` in the 48-bit
    /// time field of a UUIDv7, zeros after it. A time before 1970 gives the nil id.
    #[must_use]
    pub fn lower_bound(at: Timestamp) -> Self {
        let ms = u128::try_from(at.timestamp_millis()).unwrap_or(0);
        Self(Uuid::from_u128(ms.checked_shl(80).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_bound_sorts_below_every_id_of_its_millisecond() {
        let at = chrono::DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let id: PaymentId = "018bcfe5-687b-7000-8000-000000000000".parse().unwrap();
        assert!(PaymentId::lower_bound(at) < id);
        assert!(PaymentId::lower_bound(at + chrono::TimeDelta::milliseconds(1)) > id);
        assert_eq!(PaymentId::lower_bound(chrono::DateTime::<chrono::Utc>::MIN_UTC).0, Uuid::nil());
    }
}
