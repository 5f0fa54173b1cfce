//! Running a statement to learn what it read.

use super::cases::Case;
use super::scratch::Scratch;
use crate::pool::session;
use crate::statement::Param;
use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};

/// What running a statement once read.
pub(super) struct Cost {
    /// Rows of tables and entries of indexes, also those that were found not to be wanted.
    pub(super) rows: u64,
    /// Pages, however often each was looked at.
    pub(super) pages: u64,
    pub(super) plan: String,
}

/// A session as the service has it.
pub(super) struct Session(Client);

impl Session {
    /// `mode`: whether statements are planned for all parameters, or for each anew.
    pub(super) async fn of(scratch: &Scratch, mode: &str) -> Self {
        let client = scratch.client().await;
        let setup = format!("{}; SET plan_cache_mode = {mode}", session(&scratch.config()));
        client.batch_execute(&setup).await.unwrap();
        Self(client)
    }

    /// Prepares a statement, of a cursor what it is for.
    pub(super) async fn prepare(&self, name: &str, sql: &str, case: &Case) {
        let cursor = sql.starts_with("DECLARE ").then(|| sql.split_once(" FOR ").unwrap().1);
        let mut text = String::new();
        for (at, part) in cursor.unwrap_or(sql).split('?').enumerate() {
            if at > 0 {
                text.push_str(&format!("${at}"));
            }
            text.push_str(part);
        }
        let types: Vec<&str> = case.params.iter().map(|param| written(param).0).collect();
        let types =
            if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        let prepare = format!("PREPARE \"{name}\"{types} AS {text}");
        self.0.batch_execute(&prepare).await.unwrap_or_else(|error| panic!("{prepare}: {error:?}"));
    }

    /// Plans a statement that was prepared.
    pub(super) async fn plan(&self, name: &str, case: &Case) {
        let plan = format!("{} EXPLAIN {}; ROLLBACK", begin(name), execute(name, case));
        self.0.batch_execute(&plan).await.unwrap();
    }

    /// Runs a statement that was prepared, and undoes it.
    pub(super) async fn run(&self, name: &str, case: &Case) -> Cost {
        let run = format!(
            "{} EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {}; ROLLBACK",
            begin(name),
            execute(name, case)
        );
        let answer = self.0.simple_query(&run).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let plan: Value = serde_json::from_str(row.unwrap()).unwrap();
        let root = &plan[0]["Plan"];
        let pages = number(root, "Shared Hit Blocks") + number(root, "Shared Read Blocks");
        Cost { rows: rows(root), pages, plan: shape(root) }
    }
}

/// Begins a transaction; a proof's may use bitmaps.
fn begin(name: &str) -> &'static str {
    match name.starts_with("ledger::audit::") {
        true => "BEGIN; SET LOCAL enable_bitmapscan = on;",
        false => "BEGIN;",
    }
}

fn execute(name: &str, case: &Case) -> String {
    let values: Vec<String> = case.params.iter().map(|param| written(param).1).collect();
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    format!("EXECUTE \"{name}\"{values}")
}

fn number(node: &Value, key: &str) -> u64 {
    node[key].as_f64().map_or(0, |number| number.ceil() as u64)
}

/// The rows that the scans of tables and indexes looked at.
fn rows(node: &Value) -> u64 {
    let scans = node["Node Type"].as_str().is_some_and(|it| it.ends_with("Scan"))
        && (node["Relation Name"].is_string() || node["Index Name"].is_string());
    let looked_at = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
    let own: u64 = looked_at.iter().map(|key| number(node, key)).sum();
    let own = if scans { own * number(node, "Actual Loops") } else { 0 };
    own + parts(node).map(rows).sum::<u64>()
}

fn parts(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

/// The plan in short.
fn shape(node: &Value) -> String {
    let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
    let of = [text("Relation Name"), text("Index Name"), text("Index Cond"), text("Filter")];
    let of: Vec<_> = of.into_iter().filter(|it| !it.is_empty()).collect();
    let parts: Vec<_> = parts(node).map(shape).collect();
    let seen = (number(node, "Actual Rows"), number(node, "Actual Loops"));
    format!("{} {of:?} {seen:?} [{}]", text("Node Type"), parts.join("; "))
}

/// The type and the value of a parameter, as SQL.
fn written(param: &Param) -> (&'static str, String) {
    fn one<T: ToString>(value: &Option<T>, kind: &str) -> String {
        let quoted = |it: &T| format!("'{}'::{kind}", it.to_string().replace('\'', "''"));
        value.as_ref().map_or_else(|| format!("NULL::{kind}"), quoted)
    }
    fn many<T: ToString>(values: impl Iterator<Item = Option<T>>, kind: &str) -> String {
        let values: Vec<String> = values.map(|value| one(&value, kind)).collect();
        format!("ARRAY[{}]::{kind}[]", values.join(", "))
    }
    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold("\\x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }
    match param {
        Param::Id(it) => ("uuid", one(&Some(it), "uuid")),
        Param::Text(it) => ("text", one(&Some(it), "text")),
        Param::MaybeText(it) => ("text", one(it, "text")),
        Param::Int(it) => ("integer", one(&Some(it), "integer")),
        Param::BigInt(it) => ("bigint", one(&Some(it), "bigint")),
        Param::MaybeTime(it) => ("timestamptz", one(&it.map(|at| at.to_rfc3339()), "timestamptz")),
        Param::Time(it) => ("timestamptz", one(&Some(it.to_rfc3339()), "timestamptz")),
        Param::Bool(it) => ("boolean", one(&Some(it), "boolean")),
        Param::Bytes(it) => ("bytea", one(&Some(hex(it)), "bytea")),
        Param::MaybeId(it) => ("uuid", one(&it.map(|it| it.to_string()), "uuid")),
        Param::MaybeBinary(it) => ("bytea", one(&it.as_ref().map(|it| hex(it)), "bytea")),
        Param::Ids(it) => ("uuid[]", many(it.iter().map(Some), "uuid")),
        Param::Texts(it) => ("text[]", many(it.iter().map(Some), "text")),
        Param::MaybeTexts(it) => ("text[]", many(it.iter().map(Option::as_ref), "text")),
        Param::MaybeBytes(it) => {
            ("bytea[]", many(it.iter().map(|it| it.as_ref().map(|it| hex(it))), "bytea"))
        }
        Param::Ints(it) => ("integer[]", many(it.iter().map(Some), "integer")),
        Param::BigInts(it) => ("bigint[]", many(it.iter().map(Some), "bigint")),
        Param::Bools(it) => ("boolean[]", many(it.iter().map(Some), "boolean")),
        Param::MaybeIds(it) => ("uuid[]", many(it.iter().map(Option::as_ref), "uuid")),
        Param::MaybeBigInts(it) => ("bigint[]", many(it.iter().map(Option::as_ref), "bigint")),
        Param::Times(it) => {
            ("timestamptz[]", many(it.iter().map(|at| Some(at.to_rfc3339())), "timestamptz"))
        }
        Param::MaybeTimes(it) => {
            ("timestamptz[]", many(it.iter().map(|at| at.map(|at| at.to_rfc3339())), "timestamptz"))
        }
    }
}
