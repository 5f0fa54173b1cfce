//! `paygate audit`

use crate::desk::Desk;
use crate::output::{Ended, JsonList, stdout};
use crate::paging::Paging;
use crate::table::{Column, Table};
use paygate_core::Timestamp;
use paygate_core::id::AuditId;
use paygate_core::identity::{Actor, AuditAction, AuditRecord, Target};
use paygate_ports::AuditQuery;
use paygate_wire::{AuditBody, time};
use serde_json::json;
use std::io::Write;

/// Which entries to list: those that pass every filter given, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAudit {
    /// What this one did.
    pub principal: Option<Actor>,
    /// This.
    pub action: Option<AuditAction>,
    /// What was done to this one.
    pub target: Option<Target>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
    /// Whether the answer is for programs.
    pub json: bool,
}

const COLUMNS: [Column; 6] = [
    Column::left("AT"),
    Column::left("PRINCIPAL"),
    Column::left("ACTION"),
    Column::left("TARGET"),
    Column::left("ADDRESS"),
    Column::left("REQUEST"),
];

/// Lists who did what.
pub(crate) async fn list(desk: &Desk, asked: &ListAudit) -> Result<(), Ended> {
    let mut paging = Paging::up_to(asked.limit);
    let mut out = stdout();
    if asked.json {
        let mut list = JsonList::begin(out, &json!({}))?;
        while let Some(page) = read(desk, asked, &mut paging).await? {
            page.iter().try_for_each(|record| list.item(&AuditBody::of(record)))?;
        }
        return list.end(paging.next().map(|id| id.to_string()));
    }
    let mut table = Table::of(&COLUMNS);
    while let Some(page) = read(desk, asked, &mut paging).await? {
        page.iter().try_for_each(|record| table.row(&mut out, cells(record)))?;
    }
    table.print(&mut out)?;
    paging.tell(&mut out)?;
    Ok(out.flush()?)
}

fn cells(record: &AuditRecord) -> Vec<String> {
    let entry = &record.entry;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    vec![
        time(record.at),
        entry.principal.to_string(),
        entry.action.to_string(),
        entry.target.to_string(),
        or_none(entry.origin.address.map(|address| address.to_string())),
        or_none(entry.origin.request_id.clone()),
    ]
}

async fn read(
    desk: &Desk,
    asked: &ListAudit,
    paging: &mut Paging<AuditId>,
) -> Result<Option<Vec<AuditRecord>>, Ended> {
    let Some(limit) = paging.limit() else { return Ok(None) };
    let query = AuditQuery {
        principal: asked.principal.clone(),
        action: asked.action,
        target: asked.target.clone(),
        from: asked.from,
        to: asked.to,
        limit,
        cursor: paging.next(),
    };
    let page = desk.audit.audited(query).await?;
    paging.took(page.items.len(), page.next);
    Ok(Some(page.items))
}
