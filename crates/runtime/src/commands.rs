//! Puts the operator's desk together, and hands it the commands.

use crate::config::Config;
use crate::fatal::{Fatal, fatal};
use crate::store::{self, Stores};
use crate::system::RandomIds;
use paygate_app::{Accounts, Proofs, StandingAccounts};
use paygate_console::{Command, Desk};
use paygate_core::account::headroom::AmountLimit;
use std::sync::Arc;

/// Answers a command.
pub(crate) async fn run(command: &Command, config: &Config) -> Result<(), Fatal> {
    let stores = store::open(config, false).await?;
    paygate_console::answer(command, &desk(config, &stores).await?).await
}

/// A desk at this store. Nothing is opened at it, hence it knows no currencies.
pub(crate) async fn desk(config: &Config, stores: &Stores) -> Result<Desk, Fatal> {
    let ids = Arc::new(RandomIds);
    let (accounts, reader) = (Arc::clone(&stores.accounts), Arc::clone(&stores.account_reader));
    let house = config.house.clone();
    let standing = StandingAccounts::open(accounts.clone(), ids.clone(), &[], house).await;
    let standing = standing.map_err(fatal)?;
    let most = AmountLimit::default();
    Ok(Desk {
        payments: Arc::clone(&stores.reader),
        accounts: Arc::clone(&reader),
        statements: Accounts::new(accounts, reader, ids, Arc::new(standing), most),
        quarantine: Arc::clone(&stores.quarantine),
        audit: Arc::clone(&stores.audit_log),
        proofs: Proofs::new(Arc::clone(&stores.audit), config.overdue_after),
    })
}
