//! Accounts: opening, showing and closing them, one use case a file; those that stand ready for all
//! payments, and looking accounts up by their names.

pub(crate) mod close;
pub(crate) mod find;
pub(crate) mod open;
pub(crate) mod standing;
mod statement;

use crate::accounts::standing::StandingAccounts;
use crate::support::read_error::ReadError;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::account::{AccountRecord, AccountRef, Role};
use paygate_core::identity::{Operation, Owner, Principal};
use paygate_ports::{AccountPage, AccountQuery, AccountReader, AccountStore, IdSource, StoreError};
use std::sync::Arc;

/// Opens, shows and closes accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    reader: Arc<dyn AccountReader>,
    ids: Arc<dyn IdSource>,
    standing: Arc<StandingAccounts>,
    most: AmountLimit,
}

impl Accounts {
    /// Accounts of this store, which are opened with at most so much.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        reader: Arc<dyn AccountReader>,
        ids: Arc<dyn IdSource>,
        standing: Arc<StandingAccounts>,
        most: AmountLimit,
    ) -> Self {
        Self { store, reader, ids, standing, most }
    }

    /// Whose accounts a principal opens, and among whose its aliases are.
    fn acts_for(&self, principal: &Principal) -> Owner {
        principal.acts_for(self.standing.house())
    }

    /// The account of that name, if the principal sees it.
    async fn seen(
        &self,
        principal: &Principal,
        name: AccountRef,
    ) -> Result<Option<AccountRecord>, StoreError> {
        let key = name.among(self.acts_for(principal));
        let found = self.reader.find(vec![key]).await?.into_iter().next().flatten();
        Ok(found.filter(|it| principal.sees(it.account.role.owner().as_ref())))
    }

    /// The account of that name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn get(
        &self,
        principal: &Principal,
        name: AccountRef,
    ) -> Result<Option<AccountRecord>, ReadError> {
        let Some(record) = self.seen(principal, name).await? else { return Ok(None) };
        principal.may(Operation::ReadAccounts)?;
        Ok(Some(record))
    }

    /// A page of the accounts that the principal sees.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(
        &self,
        principal: &Principal,
        query: AccountQuery,
    ) -> Result<AccountPage, ReadError> {
        principal.may(Operation::ReadAccounts)?;
        let owner = principal.view().owner().or(query.owner);
        Ok(self.reader.accounts(AccountQuery { owner, ..query }).await?)
    }

    /// The open wallets among the newest accounts of everybody, at most so many.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn sample(
        &self,
        principal: &Principal,
        limit: u16,
    ) -> Result<Vec<AccountRecord>, ReadError> {
        principal.may(Operation::SampleAccounts)?;
        let query = AccountQuery { limit, ..AccountQuery::default() };
        let mut found = self.reader.accounts(query).await?.items;
        found.retain(|it| !it.account.closed && is_wallet(&it.account.role));
        Ok(found)
    }
}

fn is_wallet(role: &Role) -> bool {
    match role {
        Role::Wallet(_) => true,
        Role::System(_) | Role::Merchant(_) => false,
    }
}
