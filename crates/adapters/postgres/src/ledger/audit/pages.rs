//! What pages of accounts and payments have in common.

use paygate_core::proof::Fact;
use paygate_ports::StoreError;

/// How many accounts or payments are read at once.
pub(super) const PAGE: i64 = 500;

/// The fact that a row can't be read.
pub(super) fn unreadable(error: StoreError) -> Fact {
    match error {
        StoreError::Corrupt { table, id, reason } => Fact::Unreadable { table, id, reason },
        other => {
            Fact::Unreadable { table: "unknown", id: String::new(), reason: other.to_string() }
        }
    }
}
