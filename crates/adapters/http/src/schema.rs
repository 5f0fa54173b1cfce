//! What the OpenAPI document says of types that are not DTOs: enums by their names, and the two
//! ways to write an amount.

use crate::problem::Code;
use paygate_core::status::{Kind, Status};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares the schema of one of core's enums, with its names.
macro_rules! names_schema {
    ($($schema:ident, $name:literal, $type:ident;)+) => {$(
        #[doc = concat!("The schema of [`", stringify!($type), "`].")]
        pub struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let names = $type::ALL.iter().map(|value| value.as_str());
                let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
                schema.enum_values(Some(names)).into()
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
    CodeSchema, "ProblemCode", Code;
}

/// The schema of an amount on its way in.
pub struct AmountSchema;

impl PartialSchema for AmountSchema {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number));
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .pattern(Some(r"^(0|[1-9]\d*)(\.\d+)?$"));
        OneOfBuilder::new().item(number).item(text).examples([serde_json::json!(100.5)]).into()
    }
}

impl ToSchema for AmountSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Amount")
    }
}
