//! Statements of fixed text, prepared once per connection, and what their errors mean.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::{ExecuteDsl, LoadQuery};
use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::identity::{KeyHash, RequestHash};
use paygate_ports::StoreError;
use serde_json::Value;
use uuid::Uuid;

enum Bind {
    Integer(i64),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Time(Option<i64>),
}

/// SQL with a `?` for each value bound, in order. Diesel caches it by its text, which
/// [`diesel::sql_query`] prevents.
pub(crate) struct Statement {
    sql: &'static str,
    binds: Vec<Bind>,
}

pub(crate) fn statement(sql: &'static str) -> Statement {
    Statement { sql, binds: Vec::new() }
}

impl Statement {
    pub(crate) fn integer(self, value: impl Into<i64>) -> Self {
        self.with(Bind::Integer(value.into()))
    }

    pub(crate) fn text(self, value: &str) -> Self {
        self.with(Bind::Text(Some(value.to_owned())))
    }

    pub(crate) fn optional_text(self, value: Option<&str>) -> Self {
        self.with(Bind::Text(value.map(str::to_owned)))
    }

    pub(crate) fn blob(self, value: &[u8]) -> Self {
        self.with(Bind::Blob(Some(value.to_vec())))
    }

    pub(crate) fn optional_blob(self, value: Option<&[u8]>) -> Self {
        self.with(Bind::Blob(value.map(<[u8]>::to_vec)))
    }

    pub(crate) fn id(self, id: Uuid) -> Self {
        self.blob(id.as_bytes())
    }

    pub(crate) fn optional_id(self, id: Option<Uuid>) -> Self {
        self.with(Bind::Blob(id.map(|id| id.as_bytes().to_vec())))
    }

    pub(crate) fn time(self, at: Timestamp) -> Self {
        self.optional_time(Some(at))
    }

    pub(crate) fn optional_time(self, at: Option<Timestamp>) -> Self {
        self.with(Bind::Time(at.map(|at| at.timestamp_micros())))
    }

    /// A list for `json_each`.
    pub(crate) fn list(self, values: Vec<Value>) -> Self {
        self.with(Bind::Text(Some(Value::Array(values).to_string())))
    }

    /// Ids for `json_each` and `unhex`.
    pub(crate) fn ids(self, ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.list(ids.into_iter().map(hex).collect())
    }

    fn with(mut self, bind: Bind) -> Self {
        self.binds.push(bind);
        self
    }

    /// Runs it; answers how many rows it touched.
    pub(crate) fn run(self, connection: &mut SqliteConnection) -> Result<usize, StoreError> {
        ExecuteDsl::execute(self, connection).map_err(store_error)
    }

    /// Runs it; answers its rows.
    pub(crate) fn rows<Row>(self, connection: &mut SqliteConnection) -> Result<Vec<Row>, StoreError>
    where
        Self: for<'query> LoadQuery<'query, SqliteConnection, Row>,
    {
        self.load(connection).map_err(store_error)
    }

    /// Runs it; answers its first row.
    pub(crate) fn row<Row>(
        self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<Row>, StoreError>
    where
        Self: for<'query> LoadQuery<'query, SqliteConnection, Row>,
    {
        Ok(self.rows(connection)?.into_iter().next())
    }
}

/// An id as `unhex` reads it.
pub(crate) fn hex(id: Uuid) -> Value {
    Value::String(id.simple().to_string())
}

/// A hash as `unhex` reads it.
pub(crate) fn hex_of_hash(hash: RequestHash) -> String {
    hex_of(&hash.0)
}

/// A key's hash as `unhex` reads it.
pub(crate) fn hex_of_key(key: KeyHash) -> String {
    hex_of(&key.0)
}

/// Bytes as `unhex` reads them.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, bind) in parts.zip(&self.binds) {
            match bind {
                Bind::Integer(value) => out.push_bind_param::<BigInt, _>(value)?,
                Bind::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                Bind::Blob(value) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                Bind::Time(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Statement {}

/// What of SQLite's own words for result codes means that repeating may help. Diesel has no kind for
/// them, and the code itself is out of reach without unsafe code.
const TRANSIENT: [&str; 7] = [
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "out of memory",
];

/// What a failed statement means to a caller of the store.
pub(crate) fn store_error(error: Error) -> StoreError {
    use DatabaseErrorKind as Kind;
    match error {
        Error::DatabaseError(Kind::ClosedConnection, details) => {
            StoreError::Unavailable(details.message().to_owned())
        }
        Error::DatabaseError(Kind::Unknown, details)
            if TRANSIENT.iter().any(|words| details.message().starts_with(words)) =>
        {
            StoreError::Unavailable(details.message().to_owned())
        }
        other => StoreError::Refused(other.to_string()),
    }
}
