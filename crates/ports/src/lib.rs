//! The ports of Paygate: what the application needs from the world, one trait a file, in rooms by
//! noun, each with its own error. "Not found" is `Option`, never an error. Every method says what it
//! does on duplicates and on failure; the contract suites of the testkit hold every adapter to it.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::float_arithmetic)
)]

mod accounts;
mod exchange;
mod identity;
mod ledger;
mod payments;
mod providers;
mod store_error;
mod system;

pub use accounts::reader::{AccountPage, AccountQuery, AccountReader};
pub use accounts::store::{AccountStore, Opened};
pub use exchange::quotes::{Kept, QuoteStore};
pub use exchange::rates::{RateError, RateSource};
pub use identity::access_tokens::{AccessTokens, Claims, TokenError};
pub use identity::api_key_reader::{ApiKeyQuery, ApiKeyReader};
pub use identity::api_keys::{ApiKeyStore, Rotated};
pub use identity::audit_log::{AuditLog, AuditQuery};
pub use identity::authenticator::{AuthError, Authenticator, Credential};
pub use identity::made::Made;
pub use identity::merchants::{MerchantQuery, MerchantStore, TakenIn};
pub use identity::page::PageOf;
pub use identity::secret_hasher::{HashError, SecretHasher};
pub use ledger::audit::{Audit, Examiner};
pub use ledger::journal::{EntryCursor, JournalReader};
pub use ledger::proof_log::ProofLog;
pub use payments::deliveries::{DeadLetter, Deliveries, Delivery, DeliveryTag, Hint};
pub use payments::due::{DueStore, Ripened};
pub use payments::outcomes::{Outcome, Outcomes, WaiterRegistry, Waiting};
pub use payments::quarantine::{Quarantine, Redelivered};
pub use payments::queue::{HintOut, PaymentQueue, QueueError, TraceContext};
pub use payments::reader::{Page, PaymentQuery, PaymentReader};
pub use payments::store::{Accepted, Decide, PaymentStore, Transacted, silent};
pub use providers::acquirer::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
pub use store_error::StoreError;
pub use system::clock::Clock;
pub use system::health::HealthCheck;
pub use system::ids::IdSource;
