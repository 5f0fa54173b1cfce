//! Which accounts a payment goes between. They are opened at start-up, never inside a transaction,
//! so that accepting a payment needs no look-up.

use paygate_core::account::{Account, NewAccount, Role, SystemAccount};
use paygate_core::id::{AccountId, MerchantId};
use paygate_core::money::Currency;
use paygate_ports::{AccountStore, IdSource, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts of every enabled currency.
#[derive(Clone, Debug)]
pub struct Directory {
    accounts: BTreeMap<(Role, Currency), AccountId>,
    currencies: BTreeSet<Currency>,
}

impl Directory {
    /// Opens the system's and the default merchant's accounts in these currencies, as far as they
    /// do not exist yet.
    ///
    /// # Errors
    /// [`StoreError`] of the account store.
    pub async fn open(
        store: &dyn AccountStore,
        ids: &dyn IdSource,
        currencies: &[Currency],
    ) -> Result<Self, StoreError> {
        let roles = || {
            let system = SystemAccount::ALL.iter().copied().map(Role::System);
            system.chain([Role::Merchant(MerchantId::default())])
        };
        let wanted = currencies
            .iter()
            .flat_map(|currency| roles().map(|role| (role, *currency)))
            .map(|(role, currency)| NewAccount {
                id: AccountId(ids.uuid_v7()),
                number: ids.account_number(),
                currency,
                overdraft: matches!(role, Role::System(_)),
                role,
            })
            .collect();
        // Who only reads names no currency, and may not be allowed to write.
        let opened = match currencies {
            [] => Vec::new(),
            _ => store.open(wanted).await?,
        };
        let key = |account: Account| ((account.role, account.currency), account.id);
        Ok(Self {
            accounts: opened.into_iter().map(key).collect(),
            currencies: currencies.iter().copied().collect(),
        })
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
        self.accounts.get(&(Role::System(code), currency)).copied()
    }

    /// Between which accounts a charge for this merchant moves: source, destination. `None` if
    /// the currency is not enabled.
    #[must_use]
    pub fn charge(
        &self,
        merchant: &MerchantId,
        currency: Currency,
    ) -> Option<(AccountId, AccountId)> {
        let account = |role| self.accounts.get(&(role, currency)).copied();
        let source = account(Role::System(SystemAccount::Acquirer))?;
        Some((source, account(Role::Merchant(merchant.clone()))?))
    }
}
