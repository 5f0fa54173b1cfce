//! How a schema gets its name in the document.

/// Declares schemas with the names they have in the document, each made by a function.
macro_rules! schemas {
    ($($(#[$doc:meta])* $schema:ident, $name:literal, $made:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $schema;

        impl utoipa::PartialSchema for $schema {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $made.into()
            }
        }

        impl utoipa::ToSchema for $schema {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    )+};
}

pub(crate) use schemas;
