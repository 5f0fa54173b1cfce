//! The fake store: accounts, what their balances were, and quotes.

use crate::rows::Rows;
use crate::store::FakeStore;
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::account::{
    Account, AccountNumber, AccountRecord, AccountRef, NewAccount, NewWallet, NotClosable, Role,
};
use paygate_core::fx::Quote;
use paygate_core::id::{AccountId, QuoteId};
use paygate_core::journal::{Entry, Posting};
use paygate_core::payment::NewPayment;
use paygate_core::proof::Position;
use paygate_core::transfer;
use paygate_ports::{
    AccountPage, AccountQuery, AccountReader, AccountStore, Opened, QuoteStore, StatementLine,
    StoreError,
};
use std::collections::BTreeSet;

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

fn fresh(new: NewAccount) -> Account {
    Account {
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
    }
}

impl Rows {
    fn has_number(&self, number: AccountNumber) -> bool {
        self.accounts.values().any(|it| it.account.number == number)
    }

    fn named(&self, name: &AccountRef) -> Option<&AccountRecord> {
        self.accounts.values().find(|it| match name {
            AccountRef::Id(id) => it.account.id == *id,
            AccountRef::Number(number) => it.account.number == *number,
            AccountRef::Alias(alias) => it.alias.as_ref() == Some(alias),
        })
    }

    /// The account's postings by seq, each with its entry.
    pub fn postings_of(&self, account: AccountId) -> Vec<(&Posting, &Entry)> {
        let entries = self.entries.iter();
        let all = entries.flat_map(|entry| entry.postings.iter().map(move |it| (it, entry)));
        let mut own: Vec<_> = all.filter(|(posting, _)| posting.account == account).collect();
        own.sort_by_key(|(posting, _)| posting.account_seq);
        own
    }

    fn create(
        &mut self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
        now: Timestamp,
    ) -> Result<Opened, StoreError> {
        if let Some(own) = self.accounts.get(&wallet.id) {
            return Ok(Opened::Created(own.clone()));
        }
        let alias = wallet.alias.clone();
        if let Some(other) = alias.and_then(|alias| self.named(&AccountRef::Alias(alias))) {
            let existing = other.account.id;
            return Ok(match self.opened_by.get(&existing) == Some(&wallet.hash) {
                true => Opened::Replayed(other.clone()),
                false => Opened::AliasTaken { existing },
            });
        }
        if self.has_number(wallet.number) {
            return Err(refused("the number is taken"));
        }
        let NewWallet { id, number, currency, overdraft, name, alias, metadata, hash } = wallet;
        let account = fresh(NewAccount { id, number, currency, role: Role::Wallet, overdraft });
        let record =
            AccountRecord { account, name, alias, metadata, created_at: now, closed_at: None };
        self.accounts.insert(id, record);
        self.opened_by.insert(id, hash);
        if let Some(deposit) = opening {
            let payment = deposit.id;
            self.payments.insert(payment, deposit.accepted(now));
            let mut book = self.open_book(&[payment], now, |_| true);
            transfer::process(&mut book, payment, chrono::TimeDelta::zero()).unwrap();
            self.write(&book.into_changes());
        }
        Ok(Opened::Created(self.accounts[&id].clone()))
    }
}

#[async_trait]
impl AccountStore for FakeStore {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        let now = self.time();
        let mut rows = self.reach()?;
        let mut opened = Vec::new();
        for new in accounts {
            let same = |it: &&Account| it.role == new.role && it.currency == new.currency;
            let known = rows.accounts.values().map(|it| &it.account).find(same).cloned();
            let account = match known {
                Some(account) => account,
                None if rows.has_number(new.number) => return Err(refused("the number is taken")),
                None => fresh(new),
            };
            let record = AccountRecord {
                account: account.clone(),
                name: None,
                alias: None,
                metadata: None,
                created_at: now,
                closed_at: None,
            };
            rows.accounts.entry(account.id).or_insert(record);
            opened.push(account);
        }
        Ok(opened)
    }

    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        let now = self.time();
        let opened = self.reach()?.create(wallet, opening, now)?;
        self.answered(opened)
    }

    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        let now = self.time();
        let mut rows = self.reach()?;
        let Some(record) = rows.accounts.get_mut(&id) else { return Ok(None) };
        if let Err(why) = record.account.closable() {
            return Ok(Some(Err(why)));
        }
        record.account.closed = true;
        record.closed_at.get_or_insert(now);
        Ok(Some(Ok(record.clone())))
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.reach()?.accounts.get(&id).map(|it| it.account.clone()))
    }
}

#[async_trait]
impl AccountReader for FakeStore {
    async fn find(&self, names: Vec<AccountRef>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
        self.log().finds.push(names.len());
        self.finding.pass().await;
        let unreadable: BTreeSet<_> = self.faults().unreadable.iter().copied().collect();
        let rows = self.reach()?;
        let found: Vec<_> = names.iter().map(|name| rows.named(name).cloned()).collect();
        let mut ids = found.iter().flatten().map(|it| it.account.id);
        match ids.find(|id| unreadable.contains(id)) {
            Some(id) => {
                let (id, reason) = (id.to_string(), "told to".to_owned());
                Err(StoreError::Corrupt { table: "accounts", id, reason })
            }
            None => Ok(found),
        }
    }

    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError> {
        let rows = self.reach()?;
        let fits = |it: &&AccountRecord| {
            query.currency.is_none_or(|currency| it.account.currency == currency)
                && query.alias.as_ref().is_none_or(|alias| it.alias.as_ref() == Some(alias))
                && query.cursor.is_none_or(|cursor| it.account.id < cursor)
        };
        let limit = usize::from(query.limit);
        let mut items: Vec<_> =
            rows.accounts.values().rev().filter(fits).take(limit + 1).cloned().collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|it| it.account.id);
        Ok(AccountPage { items, next })
    }

    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError> {
        let rows = self.reach()?;
        let mut until = rows.postings_of(account).into_iter().filter(|(_, entry)| entry.at <= at);
        Ok(until.next_back().map_or(Position::START, |(posting, _)| Position {
            seq: posting.account_seq,
            balance_minor: posting.balance_after_minor,
        }))
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let rows = self.reach()?;
        let own = rows.postings_of(account).into_iter();
        let own = own.filter(|(it, _)| it.account_seq > after && it.account_seq <= upto);
        let line = |(posting, entry): (&Posting, &Entry)| {
            let record = &rows.payments[&entry.payment];
            let payment = &record.payment;
            let is_source = payment.source == account;
            let other = if is_source { payment.destination } else { payment.source };
            StatementLine {
                posting: *posting,
                at: entry.at,
                payment: payment.id,
                kind: payment.kind,
                description: record.request.description.clone(),
                counterparty: rows.accounts[&other].clone(),
            }
        };
        Ok(own.take(limit.into()).map(line).collect())
    }
}

#[async_trait]
impl QuoteStore for FakeStore {
    async fn keep(&self, quote: Quote) -> Result<(), StoreError> {
        self.reach()?.quotes.insert(quote.id, quote);
        Ok(())
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        Ok(self.reach()?.quotes.get(&id).cloned())
    }
}
