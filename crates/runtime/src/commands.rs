//! The operator's commands: questions to the store, answered on standard output as a table for
//! people or, with `--json`, for programs: then the bodies are those of the API.
//!
//! What must stay true: standard output holds nothing but the answer (logs, progress and errors go to
//! standard error); what is told grows with the answer and memory does not; but for `demo` and
//! `unpark` nothing is changed.

mod accounts;
mod demo;
mod output;
mod paging;
mod parked;
mod payments;
mod progress;
mod prove;
mod statement;
mod table;

pub use accounts::ListAccounts;
pub use payments::ListPayments;
pub use statement::{Form, ShowStatement};

use crate::config::Config;
use crate::{Fatal, store};
use output::Ended;
use paygate_core::id::PaymentId;

/// What an operator can ask for in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// List accounts.
    Accounts(ListAccounts),
    /// List payments.
    Payments(ListPayments),
    /// Show what happened in an account.
    Statement(ShowStatement),
    /// Prove the whole ledger.
    Prove {
        /// Whether the answer is for programs.
        json: bool,
    },
    /// Fill the store with a few wallets and a little history.
    Demo {
        /// Also a store, or with a broker or an acquirer, where money may be real.
        force: bool,
    },
    /// List the payments that were set aside as poison.
    Parked {
        /// Whether the answer is for programs.
        json: bool,
    },
    /// Take a payment out of the quarantine.
    Unpark(PaymentId),
}

/// Answers a command.
pub(crate) async fn run(command: &Command, config: &Config) -> Result<(), Fatal> {
    match answer(command, config).await {
        Err(Ended::Because(why)) => Err(why),
        Ok(()) | Err(Ended::NobodyReads) => Ok(()),
    }
}

async fn answer(command: &Command, config: &Config) -> Result<(), Ended> {
    if let Command::Demo { force } = command {
        return demo::run(config, *force).await;
    }
    let stores = store::open(config, false).await?;
    match command {
        Command::Accounts(asked) => accounts::list(&stores, asked).await,
        Command::Payments(asked) => payments::list(&stores, asked).await,
        Command::Statement(asked) => statement::show(&stores, asked).await,
        Command::Prove { json } => prove::prove(&stores, config.overdue_after, *json).await,
        Command::Parked { json } => parked::list(&stores, *json).await,
        Command::Unpark(id) => parked::unpark(&stores, *id).await,
        Command::Demo { .. } => Ok(()),
    }
}
