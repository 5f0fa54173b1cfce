//! Parameters that many operations have, each told once.

use crate::request::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::request::request_id::MAX_LENGTH;
use paygate_wire::{
    AccountNameSchema, CursorSchema, IdempotencyKeySchema, MerchantIdSchema, visible_ascii,
};
use std::borrow::Cow;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The schema of a request's id.
pub struct RequestIdSchema;

impl PartialSchema for RequestIdSchema {
    fn schema() -> RefOr<Schema> {
        visible_ascii(MAX_LENGTH, "Your id of a request: 1 to 128 visible ASCII characters.").into()
    }
}

impl ToSchema for RequestIdSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("RequestId")
    }
}

/// Declares parameters under a name that operations list them by.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident, [$($made:expr),+];)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$($made.build()),+]
            }
        }
    )+};
}

parameters! {
    /// The payment of a path.
    ThePayment, [
        parameter("id", ParameterIn::Path, "The payment's id.").schema(Some(uuid()))
    ];
    /// The account of a path.
    TheAccount, [
        shared::<AccountNameSchema>("account", ParameterIn::Path,
            "The account's id, number or alias.")
    ];
    /// The merchant of a path.
    TheMerchant, [
        shared::<MerchantIdSchema>("merchant", ParameterIn::Path, "The merchant's id.")
    ];
    /// The key of a path.
    TheApiKey, [
        parameter("id", ParameterIn::Path, "The key's id.").schema(Some(uuid()))
    ];
    /// A key, for an operation that can do without.
    MayHaveKey, [key(KEY)];
    /// A key, for an operation that needs one.
    MustHaveKey, [key(KEY).required(Required::True)];
    /// A key, for an operation that leads to a state.
    NeedsNoKey, [key("Taken, and not needed: repeating the request changes nothing.")];
    /// How long to wait.
    MayWait, [
        parameter("Prefer", ParameterIn::Header,
            "`wait=N` (RFC 7240): wait up to N seconds, at most 10, for the outcome.")
            .schema(Some(string())).example(Some("wait=5".into()))
    ];
    /// What every request may have.
    MayHaveId, [
        shared::<RequestIdSchema>("X-Request-Id", ParameterIn::Header,
            "Your id of the request. Another one is made, if it is none.")
    ];
    /// A page of what has ids.
    Paged, [limit(), cursor::<CursorSchema>()];
    /// A page of merchants.
    MerchantsPaged, [limit(), cursor::<MerchantIdSchema>()];
    /// A page of a statement.
    StatementPaged, [limit(), cursor::<paygate_wire::StatementCursorSchema>()];
}

const KEY: &str = "Your own value that stands for this request.";

fn parameter(name: &str, place: ParameterIn, description: &str) -> ParameterBuilder {
    let required =
        if matches!(place, ParameterIn::Path) { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
    parameter.description(Some(description))
}

/// A parameter with the schema of this name.
fn shared<S: ToSchema>(name: &str, place: ParameterIn, description: &str) -> ParameterBuilder {
    parameter(name, place, description).schema(Some(Ref::from_schema_name(S::name())))
}

fn key(description: &str) -> ParameterBuilder {
    shared::<IdempotencyKeySchema>("Idempotency-Key", ParameterIn::Header, description)
}

fn limit() -> ParameterBuilder {
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1))
        .maximum(Some(MAX_LIMIT))
        .default(Some(DEFAULT_LIMIT.into()));
    parameter("limit", ParameterIn::Query, "At most so many.").schema(Some(schema))
}

fn cursor<S: ToSchema>() -> ParameterBuilder {
    shared::<S>("cursor", ParameterIn::Query, "The `next_cursor` of the page before.")
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

fn uuid() -> ObjectBuilder {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}
