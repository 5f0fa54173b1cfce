//! The audit log: written within the transactions of what it tells, and listed.

use crate::rows::{Broken, id, read, shown, time};
use crate::statement::{Statement, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::id::{ApiKeyId, AuditId};
use paygate_core::identity::{Actor, AuditAction, AuditEntry, AuditRecord, Origin, Target};
use paygate_ports::{AuditLog, AuditQuery, PageOf, StoreError};
use uuid::Uuid;

const WRITE_DOWN: &str = "\
    INSERT INTO audit_log (id, at, principal, key_id, action, target, request_id, address) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

const TIME_OF: &str = "SELECT at FROM audit_log WHERE id = ?";

/// Along the index of the columns.
macro_rules! listed {
    ($columns:literal) => {
        concat!(
            "SELECT id, at, principal, key_id, action, target, request_id, address FROM audit_log WHERE ",
            $columns,
            "at >= ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?"
        )
    };
}

const OF_ALL: &str = listed!("");
const OF_PRINCIPAL: &str = listed!("principal = ? AND ");
const OF_ACTION: &str = listed!("action = ? AND ");
const OF_PRINCIPAL_AND_ACTION: &str = listed!("principal = ? AND action = ? AND ");
const OF_TARGET: &str = listed!("target = ? AND ");

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Text)]
    principal: String,
    #[diesel(sql_type = Nullable<Binary>)]
    key_id: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
}

#[derive(QueryableByName)]
struct TimeRow {
    #[diesel(sql_type = BigInt)]
    at: i64,
}

/// Writes an entry within a transaction.
pub(crate) fn write_down(
    connection: &mut SqliteConnection,
    now: Timestamp,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let address = entry.origin.address.map(|address| address.to_string());
    let insert = statement(WRITE_DOWN)
        .id(entry.id.0)
        .time(now)
        .text(&entry.principal.to_string())
        .optional_id(entry.key.map(|key| key.0))
        .text(entry.action.as_str())
        .text(&entry.target.to_string())
        .optional_text(entry.origin.request_id.as_deref())
        .optional_text(address.as_deref());
    insert.run(connection).map(drop)
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn audited(&self, query: AuditQuery) -> Result<PageOf<AuditRecord, AuditId>, StoreError> {
        self.read(move |connection| entries(connection, &query)).await
    }
}

fn entries(
    connection: &mut SqliteConnection,
    query: &AuditQuery,
) -> Result<PageOf<AuditRecord, AuditId>, StoreError> {
    let end = query.to.map(|to| (to.timestamp_micros(), Uuid::nil()));
    let cursor = match query.cursor {
        Some(AuditId(id)) => {
            let row: Option<TimeRow> = statement(TIME_OF).id(id).row(connection)?;
            let Some(row) = row else { return Ok(PageOf { items: Vec::new(), next: None }) };
            Some((row.at, id))
        }
        None => None,
    };
    let last = (i64::MAX, Uuid::max());
    let (before, below) = [end, cursor].into_iter().flatten().min().unwrap_or(last);
    let listed = along(query)
        .integer(query.from.map_or(0, |from| from.timestamp_micros()))
        .integer(before)
        .id(below)
        .integer(i64::from(query.limit) + 1);
    let rows: Vec<EntryRow> = listed.rows(connection)?;
    let found = rows.iter().map(EntryRow::record).collect::<Result<_, _>>()?;
    Ok(query.page(found))
}

/// The statement for the filters, with what they filter by.
fn along(query: &AuditQuery) -> Statement {
    let principal = query.principal.as_ref().map(Actor::to_string);
    let action = query.action.map(AuditAction::as_str);
    match (query.target.as_ref(), principal, action) {
        (Some(target), _, _) => statement(OF_TARGET).text(&target.to_string()),
        (None, None, None) => statement(OF_ALL),
        (None, Some(principal), None) => statement(OF_PRINCIPAL).text(&principal),
        (None, None, Some(action)) => statement(OF_ACTION).text(action),
        (None, Some(principal), Some(action)) => {
            statement(OF_PRINCIPAL_AND_ACTION).text(&principal).text(action)
        }
    }
}

impl EntryRow {
    fn record(&self) -> Result<AuditRecord, StoreError> {
        self.parse().map_err(|broken| broken.in_row("audit_log", shown(&self.id)))
    }

    fn parse(&self) -> Result<AuditRecord, Broken> {
        let address = self.address.as_deref();
        let address = address.map(|text| read("address", text, text.parse().ok())).transpose()?;
        let key = self.key_id.as_deref().map(|bytes| id("key_id", bytes).map(ApiKeyId));
        let entry = AuditEntry {
            key: key.transpose()?,
            id: AuditId(id("id", &self.id)?),
            principal: read("principal", &self.principal, Actor::parse(&self.principal))?,
            action: read("action", &self.action, AuditAction::parse(&self.action))?,
            target: read("target", &self.target, Target::parse(&self.target))?,
            origin: Origin { request_id: self.request_id.clone(), address },
        };
        Ok(AuditRecord { at: time("at", self.at)?, entry })
    }
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[WRITE_DOWN, TIME_OF, OF_ALL, OF_PRINCIPAL, OF_ACTION, OF_PRINCIPAL_AND_ACTION, OF_TARGET];
