//! What several rows are read by, and the error of one that can't be read.

use paygate_core::fx::Rate;
use paygate_core::identity::KeyHash;
use paygate_core::money::Currency;
use paygate_ports::StoreError;
use uuid::Uuid;

/// The error for a row of `table` that breaks a rule.
pub(crate) fn corrupt(table: &'static str, id: impl ToString, reason: impl ToString) -> StoreError {
    StoreError::Corrupt { table, id: id.to_string(), reason: reason.to_string() }
}

/// A key's hash as it is kept: as a UUID, the smallest type of 16 bytes.
pub(crate) fn key_id(hash: KeyHash) -> Uuid {
    Uuid::from_bytes(hash.0)
}

/// The rate of two columns.
pub(crate) fn rate(
    base: Currency,
    quote: Currency,
    numerator: i64,
    denominator: i64,
) -> Result<Rate, String> {
    let part = |part: i64| u64::try_from(part).map_err(|error| error.to_string());
    Rate::new(base, quote, part(numerator)?, part(denominator)?).map_err(|error| error.to_string())
}
