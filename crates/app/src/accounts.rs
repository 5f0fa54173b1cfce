//! Opening, showing and closing accounts, and telling what their balances were.

pub(crate) mod directory;
pub(crate) mod find;

use crate::accounts::directory::Directory;
use crate::support::read_error::ReadError;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::account::{
    AccountRecord, AccountRef, Alias, NewWallet, NotClosable, Role, SystemAccount,
};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{Denied, KeyHash, Operation, Owner, Principal, RequestHash};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Details, NewPayment, Reason};
use paygate_core::proof::Position;
use paygate_core::statement::{Period, Statement, StatementLine};
use paygate_core::terms::Terms;
use paygate_core::text::{IdempotencyKey, Label, Metadata};
use paygate_ports::{
    AccountPage, AccountQuery, AccountReader, AccountStore, IdSource, Opened, StoreError,
};
use std::sync::Arc;
use thiserror::Error;

/// How often a random account number may turn out to be taken.
const MAX_NUMBERS: usize = 4;

/// A wallet to be opened.
#[derive(Clone, Debug)]
pub struct OpenWallet {
    /// The currency of all its money.
    pub currency: Currency,
    /// Whose it is, for people.
    pub name: Option<Label>,
    /// The client's name for it.
    pub alias: Option<Alias>,
    /// Whether its available balance may go below zero.
    pub overdraft: bool,
    /// What it has from the start, positive, in its currency.
    pub opening_balance: Option<Money>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
    /// The client's key, if it sent one.
    pub key: Option<IdempotencyKey>,
    /// The canonical request: with the same key or alias and hash it is the same wallet.
    pub hash: RequestHash,
}

/// Why a wallet was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Accounts in this currency are not opened.
    #[error("{0} is not enabled")]
    CurrencyNotEnabled(Currency),
    /// The key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The alias names another account.
    #[error("the alias is taken by account {existing}")]
    AliasTaken {
        /// That account.
        existing: AccountId,
    },
    /// The opening balance is more than may be moved at once.
    #[error("the opening balance is too large")]
    AmountTooLarge,
    /// Its opening balance can't be posted.
    #[error("the opening balance can't be posted: {0}")]
    Refused(Reason),
    /// The store could not or would not open it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

/// Opens, shows and closes accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    reader: Arc<dyn AccountReader>,
    ids: Arc<dyn IdSource>,
    directory: Arc<Directory>,
    most: AmountLimit,
}

impl Accounts {
    /// Accounts of this store, which are opened with at most so much.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        reader: Arc<dyn AccountReader>,
        ids: Arc<dyn IdSource>,
        directory: Arc<Directory>,
        most: AmountLimit,
    ) -> Self {
        Self { store, reader, ids, directory, most }
    }

    /// Opens a wallet with its opening balance. Answers it, and whether an earlier request with the
    /// same key or alias has opened it.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was opened (or, with a transient store error, it can't be told).
    pub async fn open(
        &self,
        principal: &Principal,
        wallet: OpenWallet,
    ) -> Result<(AccountRecord, bool), OpenError> {
        may_open(principal, &wallet)?;
        let equity = self.directory.system(SystemAccount::OpeningEquity, wallet.currency);
        let equity = equity.ok_or(OpenError::CurrencyNotEnabled(wallet.currency))?;
        if wallet.opening_balance.is_some_and(|amount| !self.most.allows(amount.minor)) {
            return Err(OpenError::AmountTooLarge);
        }
        let mut tries = 1;
        loop {
            let (new, opening) = self.drawn(principal, &wallet, equity);
            match self.store.create(new, opening).await {
                Ok(Opened::Created(record)) => return Ok((record, false)),
                Ok(Opened::Replayed(record)) => return Ok((record, true)),
                Ok(Opened::KeyReused) => return Err(OpenError::KeyReused),
                Ok(Opened::AliasTaken { existing }) => {
                    return Err(OpenError::AliasTaken { existing });
                }
                Ok(Opened::Refused(reason)) => return Err(OpenError::Refused(reason)),
                // Most likely the number was drawn before.
                Err(StoreError::Refused(why)) if tries < MAX_NUMBERS => {
                    tracing::warn!(why, "an account was not opened; with another number again");
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The wallet and its opening payment, with ids and a number that are drawn anew each time.
    fn drawn(
        &self,
        principal: &Principal,
        wallet: &OpenWallet,
        equity: AccountId,
    ) -> (NewWallet, Option<NewPayment>) {
        let id = AccountId(self.ids.uuid_v7());
        let owner = self.acts_for(principal);
        let details =
            Details { description: Label::parse("Opening balance").ok(), ..Details::default() };
        let opening = wallet.opening_balance.map(|amount| NewPayment {
            id: PaymentId(self.ids.uuid_v7()),
            kind: Kind::Opening,
            terms: Terms::plain(amount),
            source: equity,
            destination: id,
            parent: None,
            hold: false,
            request: details.request(principal, Operation::OpenWithBalance, owner.clone()),
        });
        let new = NewWallet {
            id,
            number: self.ids.account_number(),
            currency: wallet.currency,
            owner,
            overdraft: wallet.overdraft,
            name: wallet.name.clone(),
            alias: wallet.alias.clone(),
            metadata: wallet.metadata.clone(),
            key: wallet.key.as_ref().map(|key| KeyHash::of(principal, Operation::OpenAccount, key)),
            hash: wallet.hash,
        };
        (new, opening)
    }

    /// Whose accounts a principal opens, and among whose its aliases are.
    fn acts_for(&self, principal: &Principal) -> Owner {
        principal.acts_for(self.directory.house())
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

    /// An account, and its posted balance at the end of that moment, from its entries.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn balance_at(
        &self,
        principal: &Principal,
        name: AccountRef,
        at: Timestamp,
    ) -> Result<Option<(AccountRecord, Money)>, ReadError> {
        let Some(record) = self.get(principal, name).await? else { return Ok(None) };
        let position = self.reader.position_at(record.account.id, at).await?;
        let balance = Money { minor: position.balance_minor, currency: record.account.currency };
        Ok(Some((record, balance)))
    }

    /// Where an account stood at both ends of a period; its lines are between the two.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn statement(
        &self,
        principal: &Principal,
        name: AccountRef,
        period: Period,
    ) -> Result<Option<Statement>, ReadError> {
        let Some(record) = self.get(principal, name).await? else { return Ok(None) };
        let account = &record.account;
        let before =
            async |moment: Timestamp| match moment.checked_sub_signed(TimeDelta::microseconds(1)) {
                Some(last) => self.reader.position_at(account.id, last).await,
                None => Ok(Position::START),
            };
        let opening = match period.from {
            Some(from) => before(from).await?,
            None => Position::START,
        };
        let now = Position { seq: account.last_seq, balance_minor: account.posted_minor };
        let closing = match period.to {
            Some(to) => before(to).await?,
            None => now,
        };
        // An empty period has no lines, whichever way round it was given.
        let closing = if closing.seq < opening.seq { opening } else { closing };
        Ok(Some(Statement { account: record, opening, closing }))
    }

    /// The lines of a statement after `after` (an `account_seq`), at most `limit`. Of a counterparty
    /// that the principal does not see, they tell no more than its id.
    ///
    /// # Errors
    /// [`StoreError`] of the reader.
    pub async fn lines(
        &self,
        principal: &Principal,
        statement: &Statement,
        after: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let after = after.max(statement.opening.seq);
        let account = statement.account.account.id;
        let lines = self.reader.lines(account, after, statement.closing.seq, limit).await?;
        Ok(lines.into_iter().map(|line| line.seen_by(principal)).collect())
    }
}

/// Whether a principal may open such a wallet.
fn may_open(principal: &Principal, wallet: &OpenWallet) -> Result<(), Denied> {
    principal.may(Operation::OpenAccount)?;
    if wallet.overdraft {
        principal.may(Operation::OpenWithOverdraft)?;
    }
    match wallet.opening_balance {
        Some(_) => principal.may(Operation::OpenWithBalance),
        None => Ok(()),
    }
}

fn is_wallet(role: &Role) -> bool {
    match role {
        Role::Wallet(_) => true,
        Role::System(_) | Role::Merchant(_) => false,
    }
}
