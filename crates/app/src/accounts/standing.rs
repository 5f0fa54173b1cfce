//! Which accounts a payment goes between. The system's and the house's are opened at start-up, another
//! merchant's with its first charge, before that is accepted: never inside a payment's transaction, so
//! that accepting one needs no look-up.

use paygate_core::account::{Account, NewAccount, Role, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::identity::MerchantId;
use paygate_core::money::Currency;
use paygate_ports::{AccountStore, IdSource, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

/// The accounts of every enabled currency.
pub struct StandingAccounts {
    store: Arc<dyn AccountStore>,
    ids: Arc<dyn IdSource>,
    house: MerchantId,
    accounts: RwLock<BTreeMap<(Role, Currency), AccountId>>,
    currencies: BTreeSet<Currency>,
}

impl StandingAccounts {
    /// Opens the system's accounts in these currencies, and those of the merchant that the house
    /// itself is, as far as they do not exist yet.
    ///
    /// # Errors
    /// [`StoreError`] of the account store.
    pub async fn open(
        store: Arc<dyn AccountStore>,
        ids: Arc<dyn IdSource>,
        currencies: &[Currency],
        house: MerchantId,
    ) -> Result<Self, StoreError> {
        let roles = || {
            let system = SystemAccount::ALL.iter().copied().map(Role::System);
            system.chain([Role::Merchant(house.clone())])
        };
        let wanted: Vec<(Role, Currency)> =
            currencies.iter().flat_map(|currency| roles().map(|role| (role, *currency))).collect();
        let standing = Self {
            store,
            ids,
            house,
            accounts: RwLock::default(),
            currencies: currencies.iter().copied().collect(),
        };
        // Who only reads names no currency, and may not be allowed to write.
        if !wanted.is_empty() {
            standing.open_all(wanted).await?;
        }
        Ok(standing)
    }

    /// The merchant for whom acts who has nothing of its own.
    #[must_use]
    pub fn house(&self) -> &MerchantId {
        &self.house
    }

    /// The enabled currencies, by code.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.currencies.iter().copied()
    }

    /// Whether a currency is enabled.
    #[must_use]
    pub fn is_enabled(&self, currency: Currency) -> bool {
        self.currencies.contains(&currency)
    }

    /// One of the system's own accounts; `None` if the currency is not enabled.
    #[must_use]
    pub fn system(&self, code: SystemAccount, currency: Currency) -> Option<AccountId> {
        self.account(Role::System(code), currency)
    }

    /// Between which accounts a charge for this merchant moves: source, destination. `None` if
    /// the currency is not enabled, or nothing was charged for the merchant yet.
    #[must_use]
    pub fn charge(
        &self,
        merchant: &MerchantId,
        currency: Currency,
    ) -> Option<(AccountId, AccountId)> {
        let source = self.system(SystemAccount::Acquirer, currency)?;
        Some((source, self.account(Role::Merchant(merchant.clone()), currency)?))
    }

    /// As [`StandingAccounts::charge`], and the merchant's account is opened if it is not there yet. `None`
    /// if the currency is not enabled.
    ///
    /// # Errors
    /// [`StoreError`] of the account store.
    pub async fn opened_for(
        &self,
        merchant: &MerchantId,
        currency: Currency,
    ) -> Result<Option<(AccountId, AccountId)>, StoreError> {
        let known = self.charge(merchant, currency);
        if known.is_some() || !self.is_enabled(currency) {
            return Ok(known);
        }
        self.open_all(vec![(Role::Merchant(merchant.clone()), currency)]).await?;
        Ok(self.charge(merchant, currency))
    }

    async fn open_all(&self, wanted: Vec<(Role, Currency)>) -> Result<(), StoreError> {
        let new = |(role, currency): (Role, Currency)| NewAccount {
            id: AccountId(self.ids.uuid_v7()),
            number: self.ids.account_number(),
            currency,
            overdraft: matches!(role, Role::System(_)),
            role,
        };
        let opened = self.store.open(wanted.into_iter().map(new).collect()).await?;
        let key = |account: Account| ((account.role, account.currency), account.id);
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.extend(opened.into_iter().map(key));
        Ok(())
    }

    fn account(&self, role: Role, currency: Currency) -> Option<AccountId> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&(role, currency)).copied()
    }
}
