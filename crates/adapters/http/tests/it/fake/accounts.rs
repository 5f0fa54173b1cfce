//! The fake store's accounts and what was posted to them.

use super::{FakeStore, Trouble};
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::{
    Account, AccountRecord, AccountRef, NewAccount, NewWallet, NotClosable, Role,
};
use paygate_core::id::AccountId;
use paygate_core::payment::NewPayment;
use paygate_core::proof::Position;
use paygate_core::transfer;
use paygate_ports::{
    AccountPage, AccountQuery, AccountReader, AccountStore, Opened, StatementLine, StoreError,
};

impl FakeStore {
    fn opened(&self, new: NewAccount) -> AccountRecord {
        let account = Account {
            id: new.id,
            number: new.number,
            currency: new.currency,
            role: new.role,
            overdraft: new.overdraft,
            closed: false,
            posted_minor: 0,
            held_minor: 0,
            last_seq: 0,
            last_entry_at: None,
        };
        let (name, alias, metadata) = (None, None, None);
        AccountRecord { account, name, alias, metadata, created_at: self.now(), closed_at: None }
    }

    /// Changes an account behind everybody's back.
    pub fn change_account(&self, id: AccountId, change: impl FnOnce(&mut Account)) {
        change(&mut self.accounts.lock().unwrap().get_mut(&id).unwrap().account);
    }

    /// The lines of an account that were made until then, in order.
    fn lines_of(&self, account: AccountId) -> Vec<StatementLine> {
        let (payments, accounts) = (self.payments.lock().unwrap(), self.accounts.lock().unwrap());
        let entries = self.entries.lock().unwrap();
        let postings =
            entries.iter().flat_map(|entry| entry.postings.iter().map(move |it| (entry, it)));
        let lines =
            postings.filter(|(_, posting)| posting.account == account).map(|(entry, it)| {
                let record = &payments[&entry.payment];
                let payment = &record.payment;
                let other =
                    if payment.source == account { payment.destination } else { payment.source };
                StatementLine {
                    posting: *it,
                    at: entry.at,
                    payment: payment.id,
                    kind: payment.kind,
                    description: record.request.description.clone(),
                    counterparty: accounts[&other].clone(),
                }
            });
        lines.collect()
    }
}

#[async_trait]
impl AccountStore for FakeStore {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        let opened: Vec<_> = accounts.into_iter().map(|new| self.opened(new)).collect();
        let mut kept = self.accounts.lock().unwrap();
        kept.extend(opened.iter().map(|record| (record.account.id, record.clone())));
        Ok(opened.into_iter().map(|record| record.account).collect())
    }

    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        self.in_trouble()?;
        let alias = wallet.alias.clone();
        let has = |it: &&AccountRecord| alias.is_some() && it.alias == alias;
        let twin = self.accounts.lock().unwrap().values().find(has).cloned();
        if let Some(twin) = twin {
            let existing = twin.account.id;
            return Ok(match self.hashes.lock().unwrap().get(&existing) == Some(&wallet.hash) {
                true => Opened::Replayed(twin),
                false => Opened::AliasTaken { existing },
            });
        }
        let NewWallet { id, number, currency, overdraft, .. } = wallet;
        let new = NewAccount { id, number, currency, role: Role::Wallet, overdraft };
        let record = AccountRecord {
            name: wallet.name,
            alias: wallet.alias,
            metadata: wallet.metadata,
            ..self.opened(new)
        };
        self.accounts.lock().unwrap().insert(id, record);
        self.hashes.lock().unwrap().insert(id, wallet.hash);
        if let Some(deposit) = opening {
            let payment = deposit.id;
            self.payments.lock().unwrap().insert(payment, deposit.accepted(self.now()));
            self.decide(|book| transfer::process(book, payment, TimeDelta::zero()).unwrap())?;
        }
        Ok(Opened::Created(self.accounts.lock().unwrap()[&id].clone()))
    }

    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        self.in_trouble()?;
        let mut accounts = self.accounts.lock().unwrap();
        let Some(record) = accounts.get_mut(&id) else { return Ok(None) };
        Ok(Some(record.account.closable().map(|()| {
            record.account.closed = true;
            record.closed_at = record.closed_at.or_else(|| Some(self.now()));
            record.clone()
        })))
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.accounts.lock().unwrap().get(&id).map(|record| record.account.clone()))
    }
}

#[async_trait]
impl AccountReader for FakeStore {
    async fn find(&self, names: Vec<AccountRef>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
        self.in_trouble()?;
        let accounts = self.accounts.lock().unwrap();
        let is = |record: &AccountRecord, name: &AccountRef| match name {
            AccountRef::Id(id) => record.account.id == *id,
            AccountRef::Number(number) => record.account.number == *number,
            AccountRef::Alias(alias) => record.alias.as_ref() == Some(alias),
        };
        let find = |name: &AccountRef| accounts.values().find(|it| is(it, name)).cloned();
        Ok(names.iter().map(find).collect())
    }

    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError> {
        self.in_trouble()?;
        let accounts = self.accounts.lock().unwrap();
        let wanted = |it: &&AccountRecord| {
            query.cursor.is_none_or(|cursor| it.account.id < cursor)
                && query.currency.is_none_or(|currency| it.account.currency == currency)
                && (query.alias.is_none() || it.alias == query.alias)
        };
        let limit = usize::from(query.limit);
        let mut items: Vec<_> =
            accounts.values().rev().filter(wanted).take(limit + 1).cloned().collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.account.id);
        Ok(AccountPage { items, next })
    }

    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError> {
        self.in_trouble()?;
        let lines = self.lines_of(account);
        let last = lines.iter().rfind(|line| line.at <= at).map(|line| Position {
            seq: line.posting.account_seq,
            balance_minor: line.posting.balance_after_minor,
        });
        Ok(last.unwrap_or(Position::START))
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        self.in_trouble()?;
        self.pages.lock().unwrap().push(limit);
        if let Some(Trouble::AfterLine(last)) = *self.trouble.lock().unwrap()
            && after >= last
        {
            return Err(StoreError::Unavailable("the fake store was told to".to_owned()));
        }
        let mut lines = self.lines_of(account);
        lines.retain(|line| (after + 1..=upto).contains(&line.posting.account_seq));
        lines.truncate(limit.into());
        Ok(lines)
    }
}
