//! Reading requests: headers, query parameters and bodies become core's types, and all broken rules of
//! one are told together.

pub mod accept_header;
pub mod auth;
pub mod body;
pub mod fields;
pub mod idempotency;
pub mod json;
pub mod nothing;
pub mod origin;
pub mod prefer;
pub mod query;
pub mod request_id;
pub mod rules;
pub mod violations;
