//! Opening and reading accounts.

use crate::StoreError;
use async_trait::async_trait;
use paygate_core::account::{Account, NewAccount};
use paygate_core::id::AccountId;

/// Opens and reads accounts.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Opens the accounts that do not exist yet and answers all, existing or new, in the order
    /// given. The same role and currency is the same account, whoever opens it first; its id and
    /// number stay those of the first.
    ///
    /// # Errors
    /// [`StoreError`]; then none was opened. `Refused` if a number or id is taken by another
    /// account.
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError>;

    /// One account as it stands.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
}
