//! What names a key in a path.

use crate::problem::Problem;
use crate::request::rules;
use paygate_core::id::ApiKeyId;

/// The key of a path. What can't be an id names nothing.
pub fn named(text: &str) -> Result<ApiKeyId, Problem> {
    rules::uuid(text).ok_or_else(Problem::api_key_not_found)
}
