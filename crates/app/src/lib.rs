//! The use cases of Paygate, in rooms by noun, one a file: what the API does with a request, what a worker does with
//! a hint, what the sweeper does with what was forgotten. They decide nothing about money (core
//! does) and know no technology (the adapters do); they put the steps in order.

mod accounts;
mod exchange;
mod identity;
mod ledger;
mod payments;
mod support;
mod work;

pub use accounts::Accounts;
pub use accounts::close::CloseError;
pub use accounts::find::AccountFinder;
pub use accounts::open::{OpenError, OpenWallet};
pub use accounts::standing::StandingAccounts;
pub use exchange::forget_quotes::QuoteForgetter;
pub use exchange::{AskQuote, ConvertError, Exchange, ExchangeConfig, NoRate};
pub use identity::api_keys::{ApiKeyError, ApiKeyPorts, ApiKeys, MadeKey, MakeKey, RotateKey};
pub use identity::audits::Audits;
pub use identity::doors::Doors;
pub use identity::merchants::{Merchants, TakeIn, TakeInError};
pub use ledger::proofs::{ProofError, Proofs, Proven};
pub use ledger::reconcile::Reconciler;
pub use payments::acceptor::{Acceptor, AcceptorPorts, Call, Created};
pub use payments::charges::{Charges, CreateCharge};
pub use payments::create_error::{CreateError, Refusal};
pub use payments::holds::{HoldRequestError, Holds};
pub use payments::publisher::HintPublisher;
pub use payments::read::Payments;
pub use payments::reads_together::ReadsTogether;
pub use payments::refunds::{CreateRefund, Refunds};
pub use payments::transfers::{CreateTransfer, Transfers};
pub use support::read_error::ReadError;
pub use support::readiness::{Component, Readiness};
pub use work::setup::{WorkerConfig, WorkerPorts};
pub use work::sweep::{Sweeper, SweeperConfig};
pub use work::worker::Worker;

use std::sync::Arc;

/// Everything a driving adapter needs.
#[derive(Clone)]
pub struct Api {
    /// The currencies that are taken.
    pub standing: Arc<StandingAccounts>,
    /// Accepts charges.
    pub charges: Charges,
    /// Accepts transfers.
    pub transfers: Transfers,
    /// Captures and voids what is held.
    pub holds: Holds,
    /// Accepts refunds.
    pub refunds: Refunds,
    /// Shows payments.
    pub read: Payments,
    /// Opens, shows and closes accounts.
    pub accounts: Accounts,
    /// Tells and promises exchange rates.
    pub exchange: Exchange,
    /// Proves the ledger.
    pub proofs: Proofs,
    /// Takes in and shows merchants.
    pub merchants: Merchants,
    /// Makes, shows and ends keys.
    pub api_keys: ApiKeys,
    /// Shows who did what.
    pub audits: Audits,
    /// Says whether all is well.
    pub readiness: Readiness,
}
