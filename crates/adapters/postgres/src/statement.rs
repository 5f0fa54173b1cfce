//! Plain SQL that is prepared once per connection. diesel caches a prepared statement only for a
//! query whose type names it; `sql_query` has no such type, so each statement of this adapter is a
//! type of its own that carries its text.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use std::marker::PhantomData;
use uuid::Uuid;

/// The text of a statement and the types of its rows.
pub(crate) trait Sql: Send + Sync + 'static {
    /// The SQL, with a `?` for each parameter in their order. No other `?` may occur in it.
    const TEXT: &'static str;
    /// The SQL types of a row, as a tuple; `()` if it gives none.
    type Row: Send + Sync + 'static;
}

/// Lists the statements of a module, for the test that looks at their plans.
macro_rules! statements {
    ($($statement:ident),+ $(,)?) => {
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((
            concat!(module_path!(), "::", stringify!($statement)),
            <$statement as $crate::statement::Sql>::TEXT,
        )),+];
    };
}
pub(crate) use statements;

/// A value for a parameter.
#[derive(Debug)]
pub(crate) enum Param {
    Id(Uuid),
    Text(String),
    MaybeText(Option<String>),
    Int(i32),
    BigInt(i64),
    MaybeTime(Option<DateTime<Utc>>),
    Ids(Vec<Uuid>),
    Texts(Vec<String>),
    MaybeTexts(Vec<Option<String>>),
    MaybeBytes(Vec<Option<Vec<u8>>>),
    Ints(Vec<i32>),
    BigInts(Vec<i64>),
    Bools(Vec<bool>),
    Time(DateTime<Utc>),
    Bytes(Vec<u8>),
    MaybeBinary(Option<Vec<u8>>),
    MaybeId(Option<Uuid>),
    MaybeIds(Vec<Option<Uuid>>),
    MaybeBigInts(Vec<Option<i64>>),
    Bool(bool),
    Times(Vec<DateTime<Utc>>),
    MaybeTimes(Vec<Option<DateTime<Utc>>>),
}

/// A statement with its parameters.
pub(crate) struct Statement<S> {
    params: Vec<Param>,
    sql: PhantomData<S>,
}

/// The statement `S` with these parameters.
pub(crate) fn statement<S: Sql>(params: impl Into<Vec<Param>>) -> Statement<S> {
    Statement { params: params.into(), sql: PhantomData }
}

impl<S: Sql> QueryId for Statement<S> {
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Sql> Query for Statement<S> {
    type SqlType = S::Row;
}

impl<S: Sql> QueryFragment<Pg> for Statement<S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut params = self.params.iter();
        for (place, text) in S::TEXT.split('?').enumerate() {
            if place > 0 {
                // A missing parameter leaves a hole that the server refuses to parse.
                params.next().map_or(Ok(()), |param| push(&mut out, param))?;
            }
            out.push_sql(text);
        }
        Ok(())
    }
}

fn push<'b>(out: &mut AstPass<'_, 'b, Pg>, param: &'b Param) -> QueryResult<()> {
    match param {
        Param::Id(value) => out.push_bind_param::<SqlUuid, _>(value),
        Param::Text(value) => out.push_bind_param::<Text, _>(value),
        Param::MaybeText(value) => out.push_bind_param::<Nullable<Text>, _>(value),
        Param::Int(value) => out.push_bind_param::<Integer, _>(value),
        Param::BigInt(value) => out.push_bind_param::<BigInt, _>(value),
        Param::MaybeTime(value) => out.push_bind_param::<Nullable<Timestamptz>, _>(value),
        Param::Ids(value) => out.push_bind_param::<Array<SqlUuid>, _>(value),
        Param::Texts(value) => out.push_bind_param::<Array<Text>, _>(value),
        Param::MaybeTexts(value) => out.push_bind_param::<Array<Nullable<Text>>, _>(value),
        Param::MaybeBytes(value) => out.push_bind_param::<Array<Nullable<Binary>>, _>(value),
        Param::Ints(value) => out.push_bind_param::<Array<Integer>, _>(value),
        Param::BigInts(value) => out.push_bind_param::<Array<BigInt>, _>(value),
        Param::Bool(value) => out.push_bind_param::<Bool, _>(value),
        Param::Time(value) => out.push_bind_param::<Timestamptz, _>(value),
        Param::Bytes(value) => out.push_bind_param::<Binary, _>(value),
        Param::MaybeId(value) => out.push_bind_param::<Nullable<SqlUuid>, _>(value),
        Param::MaybeBinary(value) => out.push_bind_param::<Nullable<Binary>, _>(value),
        Param::MaybeIds(value) => out.push_bind_param::<Array<Nullable<SqlUuid>>, _>(value),
        Param::MaybeBigInts(value) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(value),
        Param::Bools(value) => out.push_bind_param::<Array<Bool>, _>(value),
        Param::Times(value) => out.push_bind_param::<Array<Timestamptz>, _>(value),
        Param::MaybeTimes(value) => out.push_bind_param::<Array<Nullable<Timestamptz>>, _>(value),
    }
}
