//! Who asks, and what they may see and do.
//!
//! Every use case takes a [`Principal`]; there is no default one, and nothing below the edge invents
//! one. What a principal does not see does not exist for it. What it sees and may not do is refused
//! by name ([`Denied`]). Each rule is a match that names every principal and every operation, so that
//! a new one does not build until all have answered for it.

mod actor;
mod key;
mod operation;
mod owner;
mod principal;
mod scope;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use key::{Idempotency, KeyHash, RequestHash, SentKey};
pub use operation::Operation;
pub use owner::{MerchantId, MerchantIdError, Owner};
pub use principal::{Denied, Principal, View};
pub use scope::{Scope, Scopes};
