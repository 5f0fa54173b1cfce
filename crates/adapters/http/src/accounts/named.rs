//! What names an account in a path.

use crate::problem::Problem;
use paygate_core::account::AccountRef;

/// The name of an account in a path. What can't be one names nothing.
pub fn named(text: &str) -> Result<AccountRef, Problem> {
    AccountRef::parse(text).map_err(|_| Problem::account_not_found())
}
