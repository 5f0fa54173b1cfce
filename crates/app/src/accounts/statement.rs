//! What an account's balance was, and what happened in it.

use super::Accounts;
use crate::support::read_error::ReadError;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::{AccountRecord, AccountRef};
use paygate_core::identity::Principal;
use paygate_core::money::Money;
use paygate_core::proof::Position;
use paygate_core::statement::{Period, Statement, StatementLine};
use paygate_ports::StoreError;

impl Accounts {
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
