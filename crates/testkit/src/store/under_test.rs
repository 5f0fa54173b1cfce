//! What an adapter hands to the contract: a store behind its ports, and ways past them.

use futures_util::future::BoxFuture;
use paygate_core::Timestamp;
use paygate_ports::{
    AccountReader, AccountStore, ApiKeyReader, ApiKeyStore, Audit, AuditLog, DueStore,
    JournalReader, MerchantStore, PaymentReader, PaymentStore, ProofLog, Quarantine, QuoteStore,
};
use std::any::Any;
use std::sync::Arc;
use uuid::Uuid;

/// Runs one statement of raw SQL.
pub type RawSql = Box<dyn Fn(String) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A fresh store behind its ports, and a way past them.
pub struct StoreUnderTest {
    /// Accepts and changes payments.
    pub payments: Arc<dyn PaymentStore>,
    /// Reads payments.
    pub reader: Arc<dyn PaymentReader>,
    /// Opens, closes and reads accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Reads accounts and their postings.
    pub account_reader: Arc<dyn AccountReader>,
    /// Keeps quotes.
    pub quotes: Arc<dyn QuoteStore>,
    /// Takes in merchants.
    pub merchants: Arc<dyn MerchantStore>,
    /// Makes and ends keys.
    pub api_keys: Arc<dyn ApiKeyStore>,
    /// Reads keys.
    pub key_reader: Arc<dyn ApiKeyReader>,
    /// Reads who did what.
    pub audit_log: Arc<dyn AuditLog>,
    /// Reads the journal.
    pub journal: Arc<dyn JournalReader>,
    /// Keeps what is due.
    pub due: Arc<dyn DueStore>,
    /// Sets poison aside.
    pub quarantine: Arc<dyn Quarantine>,
    /// Shows the whole ledger.
    pub audit: Arc<dyn Audit>,
    /// Keeps how far the ledger has been proved.
    pub proofs: Arc<dyn ProofLog>,
    /// Runs one statement past the ports, in a transaction of its own, with the database's own
    /// rules (foreign keys, too) in force: to break rows, and to try those rules.
    pub sql: RawSql,
    /// As `sql`, with all of the database's own rules out of force: triggers, foreign keys, checks.
    /// `None` where that can't be had.
    pub unguarded: Option<RawSql>,
    /// An id as this database writes it in SQL: `'…'::uuid`, `x'…'`.
    pub id_literal: fn(Uuid) -> String,
    /// A time as this database writes it in SQL: `'…'::timestamptz`, microseconds since 1970.
    pub time_literal: fn(Timestamp) -> String,
    /// Whatever must live as long as the store.
    pub keep: Box<dyn Any + Send>,
}
