//! Core's enums: their names.

use super::declare::schemas;
use paygate_core::identity::{AuditAction, KeyState, Scope};
use paygate_core::kind::Kind;
use paygate_core::status::Status;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// The schema of a text that is one of these.
pub fn one_of(names: impl Iterator<Item = &'static str>) -> Object {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    schema.enum_values(Some(names)).build()
}

schemas! {
    /// The schema of [`Status`].
    StatusSchema, "PaymentStatus", one_of(Status::ALL.iter().map(|value| value.as_str()));
    /// The schema of [`Kind`].
    KindSchema, "PaymentKind", one_of(Kind::ALL.iter().map(|value| value.as_str()));
    /// The schema of [`Scope`].
    ScopeSchema, "Scope", one_of(Scope::ALL.iter().map(|value| value.as_str()));
    /// The schema of [`KeyState`].
    KeyStateSchema, "ApiKeyStatus", one_of(KeyState::ALL.iter().map(|value| value.as_str()));
    /// The schema of [`AuditAction`].
    AuditActionSchema, "AuditAction", one_of(AuditAction::ALL.iter().map(|value| value.as_str()));
}
