//! Which commands there are, and who answers them.

use crate::accounts::{self, ListAccounts};
use crate::audit::{self, ListAudit};
use crate::desk::Desk;
use crate::output::{Ended, Fatal};
use crate::payments::{self, ListPayments};
use crate::statement::{self, ShowStatement};
use crate::{parked, prove};
use paygate_core::id::PaymentId;

/// What an operator can ask for in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// List accounts.
    Accounts(ListAccounts),
    /// List payments.
    Payments(ListPayments),
    /// List who did what.
    Audit(ListAudit),
    /// Show what happened in an account.
    Statement(ShowStatement),
    /// Prove the whole ledger.
    Prove {
        /// Whether the answer is for programs.
        json: bool,
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
///
/// # Errors
/// Why the answer is not complete.
pub async fn answer(command: &Command, desk: &Desk) -> Result<(), Fatal> {
    let answered = match command {
        Command::Accounts(asked) => accounts::list(desk, asked).await,
        Command::Payments(asked) => payments::list(desk, asked).await,
        Command::Audit(asked) => audit::list(desk, asked).await,
        Command::Statement(asked) => statement::show(desk, asked).await,
        Command::Prove { json } => prove::prove(desk, *json).await,
        Command::Parked { json } => parked::list(desk, *json).await,
        Command::Unpark(id) => parked::unpark(desk, *id).await,
    };
    answered.or_else(Ended::failure)
}
