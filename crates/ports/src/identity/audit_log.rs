//! Who did what: read only. Entries are written by the ports that do what they tell.

use super::page::PageOf;
use crate::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::AuditId;
use paygate_core::identity::{Actor, AuditAction, AuditRecord, Target};

/// Which entries to list: all that is asked for together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only what this one did.
    pub principal: Option<Actor>,
    /// Only this.
    pub action: Option<AuditAction>,
    /// Only what was done to this one.
    pub target: Option<Target>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u16,
    /// Those before this one.
    pub cursor: Option<AuditId>,
}

impl AuditQuery {
    /// The page of what was found along one of the filters; a target's own may be many, and what the
    /// other filters leave of them fewer than the limit.
    #[must_use]
    pub fn page(&self, found: Vec<AuditRecord>) -> PageOf<AuditRecord, AuditId> {
        let PageOf { mut items, next } = PageOf::of(found, self.limit, |it| it.entry.id);
        items.retain(|it| {
            self.principal.as_ref().is_none_or(|principal| *principal == it.entry.principal)
                && self.action.is_none_or(|action| action == it.entry.action)
        });
        PageOf { items, next }
    }
}

/// Reads the audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Entries, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if one of the rows can't be read.
    async fn audited(&self, query: AuditQuery) -> Result<PageOf<AuditRecord, AuditId>, StoreError>;
}
