//! What the commands work with; whoever runs them puts it together.

use paygate_app::{Accounts, Proofs};
use paygate_ports::{AccountReader, AuditLog, PaymentReader, Quarantine};
use std::sync::Arc;

/// The operator's desk: what can be asked and done from a terminal.
#[derive(Clone)]
pub struct Desk {
    /// Shows payments.
    pub payments: Arc<dyn PaymentReader>,
    /// Shows accounts.
    pub accounts: Arc<dyn AccountReader>,
    /// Tells what happened in an account. Nothing is opened here.
    pub statements: Accounts,
    /// Holds what was set aside as poison.
    pub quarantine: Arc<dyn Quarantine>,
    /// Tells who did what.
    pub audit: Arc<dyn AuditLog>,
    /// Proves the ledger.
    pub proofs: Proofs,
}
