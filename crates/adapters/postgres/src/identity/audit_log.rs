//! The audit log: written within the transactions of what it tells, and listed.

use crate::error::PgError;
use crate::rows::corrupt;
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, Queryable};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::id::{ApiKeyId, AuditId};
use paygate_core::identity::{Actor, AuditAction, AuditEntry, AuditRecord, Origin, Target};
use paygate_ports::{AuditLog, AuditQuery, PageOf, StoreError};
use uuid::Uuid;

struct WriteDown;
impl Sql for WriteDown {
    const TEXT: &'static str = "INSERT INTO audit_log (id, principal, key_id, action, target, \
         request_id, address) VALUES (?, ?, ?, ?, ?, ?, ?)";
    type Row = ();
}

struct TimeOf;
impl Sql for TimeOf {
    const TEXT: &'static str = "SELECT at FROM audit_log WHERE id = ?";
    type Row = Timestamptz;
}

/// Between two rows of an index and in its order, so that the planner goes along that one.
macro_rules! listed {
    ($($column:literal),*; $bounds:literal) => {
        concat!(
            "SELECT id, at, principal, key_id, action, target, request_id, address FROM audit_log WHERE (",
            $($column, ", ",)*
            "at) >= (",
            $bounds,
            "?) AND (",
            $($column, ", ",)*
            "at, id) < (",
            $bounds,
            "?, ?) ORDER BY ",
            $($column, " DESC, ",)*
            "at DESC, id DESC LIMIT ?"
        )
    };
}

struct OfAll;
impl Sql for OfAll {
    const TEXT: &'static str = listed!(; "");
    type Row = EntryTypes;
}

struct OfPrincipal;
impl Sql for OfPrincipal {
    const TEXT: &'static str = listed!("principal"; "?, ");
    type Row = EntryTypes;
}

struct OfAction;
impl Sql for OfAction {
    const TEXT: &'static str = listed!("action"; "?, ");
    type Row = EntryTypes;
}

struct OfPrincipalAndAction;
impl Sql for OfPrincipalAndAction {
    const TEXT: &'static str = listed!("principal", "action"; "?, ?, ");
    type Row = EntryTypes;
}

struct OfTarget;
impl Sql for OfTarget {
    const TEXT: &'static str = listed!("target"; "?, ");
    type Row = EntryTypes;
}

type EntryTypes =
    (SqlUuid, Timestamptz, Text, Nullable<SqlUuid>, Text, Text, Nullable<Text>, Nullable<Text>);

#[derive(Queryable)]
struct EntryRow {
    id: Uuid,
    at: DateTime<Utc>,
    principal: String,
    key_id: Option<Uuid>,
    action: String,
    target: String,
    request_id: Option<String>,
    address: Option<String>,
}

/// Writes an entry within a transaction.
pub(crate) async fn write_down(
    connection: &AsyncPgConnection,
    entry: &AuditEntry,
) -> Result<(), PgError> {
    let insert = statement::<WriteDown>([
        Param::Id(entry.id.0),
        Param::Text(entry.principal.to_string()),
        Param::MaybeId(entry.key.map(|key| key.0)),
        Param::Text(entry.action.to_string()),
        Param::Text(entry.target.to_string()),
        Param::MaybeText(entry.origin.request_id.clone()),
        Param::MaybeText(entry.origin.address.map(|address| address.to_string())),
    ]);
    insert.execute(&mut &*connection).await?;
    Ok(())
}

#[async_trait]
impl AuditLog for PostgresStore {
    async fn audited(&self, query: AuditQuery) -> Result<PageOf<AuditRecord, AuditId>, StoreError> {
        self.entries(&query).await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn entries(&self, query: &AuditQuery) -> Result<PageOf<AuditRecord, AuditId>, PgError> {
        let mut connection = self.pool.get().await?;
        let end = query.to.map(|to| (to, Uuid::nil()));
        let cursor = match query.cursor {
            Some(AuditId(id)) => {
                let of = statement::<TimeOf>([Param::Id(id)]);
                let at = of.get_result::<DateTime<Utc>>(&mut connection).await.optional()?;
                let Some(at) = at else { return Ok(PageOf { items: Vec::new(), next: None }) };
                Some((at, id))
            }
            None => None,
        };
        let last = (DateTime::from_timestamp_nanos(i64::MAX), Uuid::max());
        let (before, below) = [end, cursor].into_iter().flatten().min().unwrap_or(last);
        let from = query.from.unwrap_or(DateTime::UNIX_EPOCH);
        let bounded = |first: &[String]| {
            let first = || first.iter().cloned().map(Param::Text);
            let mut params: Vec<Param> = first().collect();
            params.push(Param::Time(from));
            params.extend(first());
            params.extend([Param::Time(before), Param::Id(below)]);
            params.push(Param::BigInt(i64::from(query.limit) + 1));
            params
        };
        let principal = query.principal.as_ref().map(Actor::to_string);
        let action = query.action.map(|action| action.to_string());
        let rows: Vec<EntryRow> = match (query.target.as_ref(), principal, action) {
            (Some(target), _, _) => {
                let of = statement::<OfTarget>(bounded(&[target.to_string()]));
                of.load(&mut connection).await?
            }
            (None, None, None) => statement::<OfAll>(bounded(&[])).load(&mut connection).await?,
            (None, Some(principal), None) => {
                statement::<OfPrincipal>(bounded(&[principal])).load(&mut connection).await?
            }
            (None, None, Some(action)) => {
                statement::<OfAction>(bounded(&[action])).load(&mut connection).await?
            }
            (None, Some(principal), Some(action)) => {
                let of = statement::<OfPrincipalAndAction>(bounded(&[principal, action]));
                of.load(&mut connection).await?
            }
        };
        let found = rows.into_iter().map(EntryRow::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(query.page(found))
    }
}

impl EntryRow {
    fn parse(self) -> Result<AuditRecord, StoreError> {
        let id = AuditId(self.id);
        let bad = |what: &str| corrupt("audit_log", id, format!("unknown {what}"));
        let address = self.address.map(|text| text.parse().map_err(|_| bad("address")));
        let entry = AuditEntry {
            id,
            principal: Actor::parse(&self.principal).ok_or_else(|| bad("principal"))?,
            key: self.key_id.map(ApiKeyId),
            action: AuditAction::parse(&self.action).ok_or_else(|| bad("action"))?,
            target: Target::parse(&self.target).ok_or_else(|| bad("target"))?,
            origin: Origin { request_id: self.request_id, address: address.transpose()? },
        };
        Ok(AuditRecord { at: self.at, entry })
    }
}

crate::statement::statements!(
    WriteDown,
    TimeOf,
    OfAll,
    OfPrincipal,
    OfAction,
    OfPrincipalAndAction,
    OfTarget
);
