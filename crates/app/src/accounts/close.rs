//! Closing a wallet.

use super::Accounts;
use paygate_core::account::{AccountRecord, AccountRef, NotClosable};
use paygate_core::identity::{Denied, Operation, Principal};
use paygate_ports::StoreError;
use thiserror::Error;

/// Why an account was not closed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CloseError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such account.
    #[error("there is no such account")]
    NotFound,
    /// A rule forbids it.
    #[error(transparent)]
    Refused(NotClosable),
    /// The store could not or would not close it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Closes an empty wallet. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`CloseError`]; then it is not closed.
    pub async fn close(
        &self,
        principal: &Principal,
        name: AccountRef,
    ) -> Result<AccountRecord, CloseError> {
        let account = self.seen(principal, name).await?.ok_or(CloseError::NotFound)?.account;
        principal.may(Operation::CloseAccount)?;
        let closed = self.store.close(account.id).await?.ok_or(CloseError::NotFound)?;
        closed.map_err(CloseError::Refused)
    }
}
