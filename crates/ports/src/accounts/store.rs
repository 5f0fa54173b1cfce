//! Opening and reading accounts.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::account::{Account, AccountRecord, NewAccount, NewWallet, NotClosable};
use paygate_core::id::AccountId;
use paygate_core::payment::{NewPayment, Reason};

/// What became of a wallet to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is open, with its opening balance posted.
    Created(AccountRecord),
    /// The same request has opened it before: the wallet of that key or alias, as it is now.
    Replayed(AccountRecord),
    /// The key was used for another wallet.
    KeyReused,
    /// Its opening balance can't be posted; nothing was opened.
    Refused(Reason),
    /// The alias is another account's of the owner, or was opened by another request.
    AliasTaken {
        /// That account.
        existing: AccountId,
    },
}

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

    /// Opens a wallet and posts its opening balance, in one transaction. `opening` is a payment
    /// of that kind, from the system's opening equity, which [`paygate_core::transfer::process`] settles
    /// there and then; what it can't take is [`Opened::Refused`].
    ///
    /// Duplicates are told apart in this order: the same id (a lost commit, whatever else is in the
    /// request) is [`Opened::Created`]; the same key with the same hash is [`Opened::Replayed`], with
    /// another [`Opened::KeyReused`]; the same
    /// owner's same alias with the same hash is [`Opened::Replayed`].
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was opened or posted. `Refused` if the number is taken.
    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError>;

    /// Closes an account if [`Account::closable`] allows it, under its row lock. Answers the
    /// account; one that is closed already stays as it is. `None` if there is none of that id.
    ///
    /// # Errors
    /// [`StoreError`]; then it is not closed.
    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError>;

    /// One account as it stands.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if its row can't be read.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
}
