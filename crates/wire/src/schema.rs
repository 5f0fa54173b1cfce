//! What the OpenAPI document says of core's enums: their names.

use paygate_core::kind::Kind;
use paygate_core::status::Status;
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of a text that is one of these.
pub fn one_of(names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    schema.enum_values(Some(names)).into()
}

/// Declares the schema of an enum that has names.
macro_rules! names_schema {
    ($($schema:ident, $name:literal, $type:ident;)+) => {$(
        #[doc = concat!("The schema of [`", stringify!($type), "`].")]
        #[derive(Debug)]
        pub struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                one_of($type::ALL.iter().map(|value| value.as_str()))
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )+};
}

names_schema! {
    StatusSchema, "PaymentStatus", Status;
    KindSchema, "PaymentKind", Kind;
}
