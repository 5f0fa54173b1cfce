//! Who did what, for who may know.

use crate::support::read_error::ReadError;
use paygate_core::id::AuditId;
use paygate_core::identity::{AuditRecord, Operation, Principal};
use paygate_ports::{AuditLog, AuditQuery, PageOf};
use std::sync::Arc;

/// Shows the audit log.
#[derive(Clone)]
pub struct Audits {
    log: Arc<dyn AuditLog>,
}

impl Audits {
    /// The entries of this log.
    #[must_use]
    pub fn new(log: Arc<dyn AuditLog>) -> Self {
        Self { log }
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(
        &self,
        principal: &Principal,
        query: AuditQuery,
    ) -> Result<PageOf<AuditRecord, AuditId>, ReadError> {
        principal.may(Operation::ReadAudit)?;
        Ok(self.log.audited(query).await?)
    }
}
