//! The use cases of Paygate, one a file: what the API does with a request, what a worker does with
//! a hint, what the sweeper does with what was forgotten. They decide nothing about money (core
//! does) and know no technology (the adapters do); they put the steps in order.

mod accepting;
mod accounts;
mod await_outcome;
mod charges;
mod coalescer;
mod create_error;
mod directory;
mod exchange;
mod find_accounts;
mod forget_quotes;
mod headroom;
mod holds;
mod outcomes;
mod process;
mod proving;
mod publish;
mod read_payments;
mod readiness;
mod reconcile;
mod refunds;
mod retry;
mod settle;
mod sweep;
mod transact_each;
mod transact_one;
mod transfers;
mod ward;
mod worker;
mod worker_setup;

pub use accepting::{Accepting, Call, Created};
pub use accounts::{Accounts, CloseError, OpenError, OpenWallet};
pub use charges::{Charges, CreateCharge};
pub use create_error::{CreateError, Refusal};
pub use directory::Directory;
pub use exchange::{ConvertError, Exchange, ExchangeConfig, NoRate};
pub use find_accounts::FindAccounts;
pub use forget_quotes::QuoteForgetter;
pub use holds::{HoldRequestError, Holds};
pub use proving::{ProofError, Proven, Proving};
pub use publish::HintPublisher;
pub use read_payments::ReadPayments;
pub use readiness::{Component, Readiness};
pub use reconcile::Reconciler;
pub use refunds::{CreateRefund, Refunds};
pub use sweep::{Sweeper, SweeperConfig};
pub use transfers::{CreateTransfer, Transfers};
pub use worker::Worker;
pub use worker_setup::{WorkerConfig, WorkerPorts};

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
