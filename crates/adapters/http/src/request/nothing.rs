//! The body of a request that says all in its path.

use crate::problem::Problem;
use crate::request::{fields, idempotency};
use actix_web::http::header::HeaderMap;
use utoipa::ToSchema;

/// Nothing: `{}`. It may be left out.
#[derive(Debug, ToSchema)]
#[schema(as = Nothing)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Nothing {
    /// Reads a request that leads to a state, so that its key has nothing to add.
    ///
    /// # Errors
    /// A problem, if anything is in it, or if the key is none.
    pub fn read(body: &[u8], headers: &HeaderMap) -> Result<Self, Problem> {
        let mut fields = fields::read(body)?;
        let key = idempotency::key(headers, &mut fields);
        fields.finish(key.map(|_| Self {}))
    }
}
