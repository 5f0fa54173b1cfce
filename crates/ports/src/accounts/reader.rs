//! Reading accounts, and what their balances were.

use crate::store_error::StoreError;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::account::{AccountKey, AccountRecord, Alias};
use paygate_core::id::AccountId;
use paygate_core::identity::Owner;
use paygate_core::money::Currency;
use paygate_core::proof::Position;
use paygate_core::statement::StatementLine;

/// Which accounts to list: those that pass every filter given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountQuery {
    /// Whose; everybody's, and the house's own, if `None`.
    pub owner: Option<Owner>,
    /// In that currency.
    pub currency: Option<Currency>,
    /// With exactly that alias.
    pub alias: Option<Alias>,
    /// At most so many, 1 or more.
    pub limit: u16,
    /// Only accounts of smaller ids: the `next` of the page before.
    pub cursor: Option<AccountId>,
}

/// One page of a listing, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts: as many as the limit, unless it is the last page.
    pub items: Vec<AccountRecord>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<AccountId>,
}

/// Reads accounts and their postings. Never waits for a lock.
#[async_trait]
pub trait AccountReader: Send + Sync {
    /// The accounts of these names, in their order; `None` for a name that is not given. In as few
    /// statements as possible.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if a row can't be read.
    async fn find(&self, names: Vec<AccountKey>) -> Result<Vec<Option<AccountRecord>>, StoreError>;

    /// A page of accounts, ordered by id, descending. Costs what it holds, whatever else there is.
    ///
    /// # Errors
    /// As [`AccountReader::find`].
    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError>;

    /// Where an account's postings stood at the end of that moment: after the last one that was
    /// made then or before. Found by halving, so that it costs the logarithm of their number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError>;

    /// The lines after `after` up to `upto` (both `account_seq`), ascending, at most `limit`.
    ///
    /// # Errors
    /// As [`AccountReader::find`].
    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError>;
}
