//! Opening and reading accounts.

use crate::error::PgError;
use crate::rows::{AccountRow, AccountTypes, account_columns};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel_async::RunQueryDsl;
use paygate_core::account::{Account, AccountRecord, NewAccount, NewWallet, NotClosable, Role};
use paygate_core::id::AccountId;
use paygate_core::payment::NewPayment;
use paygate_ports::{AccountStore, Opened, StoreError};
use std::collections::HashMap;

/// Only the two keys that make an account the same account may conflict; a number or an id that is
/// taken by another is an error.
struct Open;
impl Sql for Open {
    const TEXT: &'static str = "INSERT INTO accounts \
         (id, number, currency, system_code, owner, for_charges, overdraft) \
         SELECT id, number, currency, system_code, owner, owner IS NOT NULL, overdraft FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[]) \
         AS new (id, number, currency, system_code, owner, overdraft) \
         WHERE num_nonnulls(new.system_code, new.owner) = 1 \
         AND NOT EXISTS (SELECT FROM accounts a \
         WHERE a.system_code = new.system_code AND a.currency = new.currency) \
         AND NOT EXISTS (SELECT FROM accounts a \
         WHERE a.for_charges AND a.owner = new.owner AND a.currency = new.currency)";
    type Row = ();
}

/// One branch for each role, so that each uses its index.
struct AllOpened;
impl Sql for AllOpened {
    const TEXT: &'static str = concat!(
        "WITH w (currency, system_code, owner) AS \
         (SELECT * FROM unnest(?::text[], ?::text[], ?::text[])) \
         SELECT ",
        account_columns!(),
        " FROM w JOIN accounts a ON a.system_code = w.system_code AND a.currency = w.currency \
         UNION ALL SELECT ",
        account_columns!(),
        " FROM w JOIN accounts a ON a.for_charges AND a.owner = w.owner AND a.currency = w.currency"
    );
    type Row = AccountTypes;
}

struct One;
impl Sql for One {
    const TEXT: &'static str =
        concat!("SELECT ", account_columns!(), " FROM accounts a WHERE a.id = ?");
    type Row = AccountTypes;
}

#[async_trait]
impl AccountStore for PostgresStore {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        let store = self.clone();
        let opening = tokio::spawn(async move { store.open_all(&accounts).await });
        let opened = opening.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        opened.map_err(|error| self.pool.learn(error))
    }

    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        self.create_wallet(wallet, opening).await
    }

    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        self.close_account(id).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let one = statement::<One>([Param::Id(id.0)]);
            let row = one.get_result::<AccountRow>(&mut connection).await.optional()?;
            Ok(row.map(Account::try_from).transpose()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn open_all(&self, accounts: &[NewAccount]) -> Result<Vec<Account>, PgError> {
        // Of twins in one call the first counts.
        let mut firsts: HashMap<(&Role, &str), &NewAccount> = HashMap::new();
        for account in accounts {
            firsts.entry((&account.role, account.currency.code())).or_insert(account);
        }
        let mut wanted: Vec<&NewAccount> = firsts.into_values().collect();
        wanted.sort_by_key(|account| (&account.role, account.currency));

        let mut connection = self.pool.get().await?;
        let insert = open(&wanted).execute(&mut connection).await;
        // Another process may have opened the same accounts between the look and the insert; they
        // are there then, and looking again tells whether that was it.
        let opened = opened(&wanted).load::<AccountRow>(&mut connection).await?;
        let opened = opened.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
        let by_key: HashMap<(&Role, &str), &Account> =
            opened.iter().map(|it| ((&it.role, it.currency.code()), it)).collect();
        let find = |it: &NewAccount| by_key.get(&(&it.role, it.currency.code())).copied().cloned();
        match accounts.iter().map(find).collect::<Option<Vec<_>>>() {
            Some(all) => Ok(all),
            None => Err(insert.err().map_or_else(
                || StoreError::Refused("an account was not opened".to_owned()).into(),
                PgError::from,
            )),
        }
    }
}

/// The parts of roles: system codes and merchants, at most one of them each. What has neither is no
/// account of a role, and not opened.
fn role_params(accounts: &[&NewAccount]) -> [Param; 2] {
    let system = |account: &&NewAccount| match &account.role {
        Role::System(code) => Some(code.as_str().to_owned()),
        Role::Merchant(_) | Role::Wallet(_) => None,
    };
    let merchant = |account: &&NewAccount| match &account.role {
        Role::Merchant(_) => account.role.owner().map(|owner| owner.to_string()),
        Role::System(_) | Role::Wallet(_) => None,
    };
    [
        Param::MaybeTexts(accounts.iter().map(system).collect()),
        Param::MaybeTexts(accounts.iter().map(merchant).collect()),
    ]
}

fn open(accounts: &[&NewAccount]) -> crate::statement::Statement<Open> {
    let [system, merchant] = role_params(accounts);
    statement([
        Param::Ids(accounts.iter().map(|account| account.id.0).collect()),
        Param::Texts(accounts.iter().map(|account| account.number.to_string()).collect()),
        Param::Texts(accounts.iter().map(|account| account.currency.code().into()).collect()),
        system,
        merchant,
        Param::Bools(accounts.iter().map(|account| account.overdraft).collect()),
    ])
}

fn opened(accounts: &[&NewAccount]) -> crate::statement::Statement<AllOpened> {
    let [system, merchant] = role_params(accounts);
    let codes = accounts.iter().map(|account| account.currency.code().into()).collect();
    statement([Param::Texts(codes), system, merchant])
}

crate::statement::statements!(Open, AllOpened, One);
