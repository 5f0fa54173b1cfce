//! The ports of Paygate: what the application needs from the world, one trait a file, each with its
//! own error. "Not found" is `Option`, never an error. Every method says what it does on duplicates
//! and on failure; the contract suites of the testkit hold every adapter to it.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::float_arithmetic)
)]

mod account_reader;
mod account_store;
mod acquirer;
mod audit;
mod clock;
mod deliveries;
mod due_store;
mod health;
mod id_source;
mod journal_reader;
mod outcomes;
mod payment_queue;
mod payment_reader;
mod payment_store;
mod proof_log;
mod quarantine;
mod quote_store;
mod rate_source;
mod store_error;

pub use account_reader::{AccountPage, AccountQuery, AccountReader};
pub use account_store::{AccountStore, Opened};
pub use acquirer::{Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest};
pub use audit::{Audit, Examiner};
pub use clock::Clock;
pub use deliveries::{DeadLetter, Deliveries, Delivery, DeliveryTag, Hint};
pub use due_store::{DueStore, Ripened};
pub use health::HealthCheck;
pub use id_source::IdSource;
pub use journal_reader::{EntryCursor, JournalReader};
pub use outcomes::{Outcome, Outcomes, WaiterRegistry, Waiting};
pub use payment_queue::{HintOut, PaymentQueue, QueueError, TraceContext};
pub use payment_reader::{Page, PaymentQuery, PaymentReader};
pub use payment_store::{Accepted, Decide, PaymentStore, Transacted, silent};
pub use proof_log::ProofLog;
pub use quarantine::{Quarantine, Redelivered};
pub use quote_store::QuoteStore;
pub use rate_source::{RateError, RateSource};
pub use store_error::StoreError;
