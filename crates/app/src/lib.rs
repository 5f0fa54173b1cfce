//! The use cases of Paygate, in rooms by noun, one a file: what the API does with a request, what a worker does with
//! a hint, what the sweeper does with what was forgotten. They decide nothing about money (core
//! does) and know no technology (the adapters do); they put the steps in order.

mod accounts;
mod exchange;
mod ledger;
mod payments;
mod support;
mod work;

pub use accounts::directory::Directory;
pub use accounts::find::FindAccounts;
pub use accounts::{Accounts, CloseError, OpenError, OpenWallet};
pub use exchange::forget_quotes::QuoteForgetter;
pub use exchange::{AskQuote, ConvertError, Exchange, ExchangeConfig, NoRate};
pub use ledger::proving::{ProofError, Proven, Proving};
pub use ledger::reconcile::Reconciler;
pub use payments::accepting::{Accepting, Call, Created};
pub use payments::charges::{Charges, CreateCharge};
pub use payments::create_error::{CreateError, Refusal};
pub use payments::holds::{HoldRequestError, Holds};
pub use payments::publish::HintPublisher;
pub use payments::read::ReadPayments;
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
    pub directory: Arc<Directory>,
    /// Accepts charges.
    pub charges: Charges,
    /// Accepts transfers.
    pub transfers: Transfers,
    /// Captures and voids what is held.
    pub holds: Holds,
    /// Accepts refunds.
    pub refunds: Refunds,
    /// Shows payments.
    pub read: ReadPayments,
    /// Opens, shows and closes accounts.
    pub accounts: Accounts,
    /// Tells and promises exchange rates.
    pub exchange: Exchange,
    /// Proves the ledger.
    pub proving: Proving,
    /// Says whether all is well.
    pub readiness: Readiness,
}
