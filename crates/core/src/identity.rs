//! Who asks, and what they may see and do.
//!
//! Every use case takes a [`Principal`]; there is no default one, and nothing below the edge invents
//! one. What a principal does not see does not exist for it. What it sees and may not do is refused
//! by name ([`Denied`]). Each rule is a match that names every principal and every operation, so that
//! a new one does not build until all have answered for it.

mod actor;
mod api_key;
mod audit;
mod credentials;
mod key;
mod lockout;
mod merchant;
mod operation;
mod owner;
mod principal;
mod scope;
mod secret;
#[cfg(test)]
mod tests;

pub use actor::Actor;
pub use api_key::{ApiKey, KeyState, NewApiKey, NotMade, NotRotatable};
pub use audit::{AuditAction, AuditEntry, AuditRecord, Origin, Target};
pub use credentials::{Password, PasswordError, Pin, PinError, Username, UsernameError};
pub use key::{Idempotency, KeyHash, RequestHash, SentKey};
pub use lockout::{Attempts, Locked};
pub use merchant::{Merchant, NewMerchant};
pub use operation::Operation;
pub use owner::{MerchantId, MerchantIdError, Owner};
pub use principal::{Denied, KeyInHand, Principal, View};
pub use scope::{Scope, Scopes};
pub use secret::{KeySecret, SecretHash, StoredSecret};
