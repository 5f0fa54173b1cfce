//! The working set of one transaction: the payments and accounts it has locked, and what a decision
//! changes in them. A store loads a [`Book`], lets a pure decision write in it, and carries the
//! [`Changes`] back in the same transaction.
//!
//! What must stay true: an operation either happens whole or leaves the book untouched and names
//! the broken rule; a balance changes only through a posting; a posting only with a transition.

mod changes;
mod pages;
mod rejection;
#[cfg(test)]
mod tests;

pub use changes::{Changes, Step};
pub use rejection::Rejection;

use crate::Timestamp;
use crate::account::{Account, Role, SystemAccount};
use crate::id::{AccountId, PaymentId};
use crate::journal::{Entry, Leg, Posting};
use crate::money::{Currency, Money};
use crate::payment::{Failure, Payment, Reason, Transition};
use crate::status::Status;
use pages::Pages;
use std::collections::{BTreeMap, BTreeSet};

/// The payments and accounts of one transaction.
#[derive(Clone, Debug)]
pub struct Book {
    now: Timestamp,
    pages: Pages,
    system: BTreeMap<(SystemAccount, Currency), AccountId>,
    seen: BTreeMap<AccountId, Account>,
}

impl Book {
    /// Opens a book on rows that are locked.
    #[must_use]
    pub fn new(now: Timestamp, payments: Vec<Payment>, accounts: Vec<Account>) -> Self {
        let system = accounts.iter().filter_map(|account| match account.role {
            Role::System(code) => Some(((code, account.currency), account.id)),
            Role::Merchant(_) | Role::Wallet(_) => None,
        });
        let system = system.collect();
        Self { now, pages: Pages::new(payments, accounts), system, seen: BTreeMap::new() }
    }

    /// With accounts that were only looked at, without a lock: nothing can be posted to them, and
    /// what they say may be over. [`Book::could_post`] is all that asks them.
    #[must_use]
    pub fn seeing(self, accounts: Vec<Account>) -> Self {
        let seen = accounts.into_iter().map(|account| (account.id, account)).collect();
        Self { seen, ..self }
    }

    /// The transaction's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The ids of the payments in the book, ascending.
    #[must_use]
    pub fn payment_ids(&self) -> Vec<PaymentId> {
        self.pages.payment_ids()
    }

    /// A payment as it stands now.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.pages.payment(id)
    }

    /// An account as it stands now.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.pages.account(id)
    }

    /// The system's account of that code and currency, if it is in the book.
    #[must_use]
    pub fn system_account(&self, code: SystemAccount, currency: Currency) -> Option<AccountId> {
        self.system.get(&(code, currency)).copied()
    }

    /// Runs several operations so that they happen all or not at all: what they wrote is taken back
    /// if they end with an error.
    ///
    /// # Errors
    /// The error of `operations`.
    pub fn atomically<E>(
        &mut self,
        operations: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let savepoint = self.pages.savepoint();
        let result = operations(self);
        match result {
            Ok(()) => self.pages.keep(savepoint),
            Err(_) => self.pages.take_back(savepoint),
        }
        result
    }

    /// Moves a payment to another state, and what it holds of its source with it (see
    /// [`Payment::held`]). Its lease ends, unless the step takes one anew with [`Book::lease`].
    ///
    /// # Errors
    /// Any [`Rejection`] but [`Rejection::Unbalanced`].
    pub fn transition(&mut self, id: PaymentId, step: &Step) -> Result<(), Rejection> {
        self.advance(id, step, &[], |_| ())
    }

    /// Posts a balanced journal entry for a payment and moves the payment, both or neither.
    ///
    /// # Errors
    /// Any [`Rejection`].
    pub fn post(&mut self, id: PaymentId, legs: &[Leg], step: &Step) -> Result<(), Rejection> {
        balanced(legs)?;
        self.advance(id, step, legs, |_| ())
    }

    /// Whether these legs could be posted now, as far as it depends on their accounts and the room
    /// that is left in them. Asked before a provider is, so that what it moves can be posted then;
    /// also of accounts that are not locked (see [`Account::has_room_for`] for why that is enough).
    ///
    /// # Errors
    /// The [`Rejection`] that the posting would meet.
    pub fn could_post(&self, legs: &[Leg]) -> Result<(), Rejection> {
        balanced(legs)?;
        legs.iter().try_for_each(|leg| {
            let account = self.account(leg.account).or_else(|| self.seen.get(&leg.account));
            let account = account.ok_or(Rejection::UnknownAccount)?;
            posted(account, leg, self.now)?;
            account.has_room_for(leg.amount.minor).then_some(()).ok_or(Rejection::Overflow)
        })
    }

    /// Holds a payment's debit at its source until `expires_at`, when it is looked at again.
    ///
    /// # Errors
    /// Any [`Rejection`] but [`Rejection::Unbalanced`].
    pub fn authorize(&mut self, id: PaymentId, expires_at: Timestamp) -> Result<(), Rejection> {
        let step = Step::by_worker(Status::Authorized, Reason::Authorized);
        self.advance(id, &step, &[], |payment| payment.expires_at = Some(expires_at))?;
        self.pages.wake_at(id, expires_at);
        Ok(())
    }

    /// Posts what is captured of a hold and gives the rest back. `legs` are those of
    /// [`Payment::moved`] with that much captured.
    ///
    /// # Errors
    /// Any [`Rejection`].
    pub fn capture(
        &mut self,
        id: PaymentId,
        captured_minor: i64,
        legs: &[Leg],
        step: &Step,
    ) -> Result<(), Rejection> {
        balanced(legs)?;
        self.advance(id, step, legs, |payment| payment.captured_minor = Some(captured_minor))
    }

    /// Changes what is kept of a payment's refunds, or the debit of a refund that is being claimed;
    /// no balance depends on either yet.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`].
    pub fn amend(
        &mut self,
        id: PaymentId,
        edit: impl FnOnce(&mut Payment),
    ) -> Result<(), Rejection> {
        let mut payment = self.pages.payment(id).ok_or(Rejection::UnknownPayment)?.clone();
        edit(&mut payment);
        payment.updated_at = self.now;
        self.pages.put_payment(payment);
        Ok(())
    }

    /// Gives a claim on a payment: counts an attempt and keeps others away until `until`.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`].
    pub fn lease(&mut self, id: PaymentId, until: Timestamp) -> Result<(), Rejection> {
        let payment = self.pages.payment(id).ok_or(Rejection::UnknownPayment)?;
        let attempts = payment.attempts.checked_add(1).ok_or(Rejection::Overflow)?;
        self.amend(id, |payment| {
            payment.attempts = attempts;
            payment.lease_until = Some(until);
        })
    }

    /// Keeps a payment from being claimed before `at`, and has it looked at then.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`].
    pub fn retry_at(&mut self, id: PaymentId, at: Timestamp) -> Result<(), Rejection> {
        self.amend(id, |payment| payment.lease_until = Some(at))?;
        self.pages.wake_at(id, at);
        Ok(())
    }

    /// Gives an unused claim back: the attempt does not count, and the payment is due now.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`] without a claim.
    pub fn release(&mut self, id: PaymentId) -> Result<(), Rejection> {
        let payment = self.pages.payment(id).ok_or(Rejection::UnknownPayment)?;
        let attempts = payment.attempts.checked_sub(1).filter(|attempts| *attempts >= 0);
        let attempts = attempts.ok_or(Rejection::Overflow)?;
        self.amend(id, |payment| payment.attempts = attempts)?;
        self.retry_at(id, self.now)
    }

    /// Closes the book: what has to be written.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        self.pages.into_changes()
    }

    /// The payment after a step, if the step is legal.
    fn stepped(&self, payment: &Payment, step: &Step) -> Result<Payment, Rejection> {
        if !payment.status.may_become(step.to) {
            return Err(Rejection::IllegalTransition { from: payment.status, to: step.to });
        }
        let transitions = payment.transitions.checked_add(1).ok_or(Rejection::Overflow)?;
        let failure = (step.to == Status::Failed)
            .then(|| Failure { code: step.reason, detail: step.detail.clone() });
        Ok(Payment {
            status: step.to,
            failure,
            lease_until: None,
            transitions,
            updated_at: self.now,
            ..payment.clone()
        })
    }

    /// The one way a payment moves: the step, what it holds before and after, and an entry if there
    /// are legs. Nothing is written before everything has been checked.
    fn advance(
        &mut self,
        id: PaymentId,
        step: &Step,
        legs: &[Leg],
        edit: impl FnOnce(&mut Payment),
    ) -> Result<(), Rejection> {
        let payment = self.pages.payment(id).ok_or(Rejection::UnknownPayment)?;
        let from = payment.status;
        let mut moved = self.stepped(payment, step)?;
        edit(&mut moved);
        let (held, holds) = (payment.held(), moved.held());

        let mut touched: BTreeMap<AccountId, Account> = BTreeMap::new();
        if held != holds {
            let account = self.holding(moved.source, held, holds)?;
            touched.insert(account.id, account);
        }
        let at = self.entry_time(legs);
        let mut postings = Vec::with_capacity(legs.len());
        for leg in legs {
            let account = touched.get(&leg.account).or_else(|| self.pages.account(leg.account));
            let account = posted(account.ok_or(Rejection::UnknownAccount)?, leg, at)?;
            postings.push(Posting {
                account: leg.account,
                account_seq: account.last_seq,
                amount: leg.amount,
                balance_after_minor: account.posted_minor,
            });
            touched.insert(account.id, account);
        }
        // Checked when holds and legs have both been applied: a capture gives back what it takes.
        for account in touched.values() {
            self.check_spending(account)?;
            if !from.is_with_provider() {
                self.check_room(account)?;
            }
        }

        if !postings.is_empty() {
            self.pages.add_entry(Entry {
                payment: id,
                transition_seq: moved.transitions,
                at,
                postings,
            });
        }
        for account in touched.into_values() {
            self.pages.put_account(account);
        }
        self.pages.add_transition(Transition {
            payment: moved.id,
            seq: moved.transitions,
            from,
            to: step.to,
            actor: step.actor.clone(),
            reason: step.reason,
            at: self.now,
        });
        self.pages.put_payment(moved);
        Ok(())
    }

    /// The source with what it holds changed from one to the other.
    fn holding(
        &self,
        source: AccountId,
        before: Option<Money>,
        after: Option<Money>,
    ) -> Result<Account, Rejection> {
        let account = self.pages.account(source).ok_or(Rejection::UnknownAccount)?;
        if before.iter().chain(&after).any(|money| money.currency != account.currency) {
            return Err(Rejection::CurrencyMismatch);
        }
        let minor = |money: Option<Money>| money.map_or(0, |money| money.minor);
        let held_minor = account
            .held_minor
            .checked_sub(minor(before))
            .and_then(|held| held.checked_add(minor(after)))
            .filter(|held| *held >= 0)
            .ok_or(Rejection::Overflow)?;
        if account.closed && held_minor > account.held_minor {
            return Err(Rejection::AccountClosed);
        }
        Ok(Account { held_minor, ..account.clone() })
    }

    /// Whether an account may become this: one that can spend less than before must have it.
    fn check_spending(&self, after: &Account) -> Result<(), Rejection> {
        let available = after.available_minor().ok_or(Rejection::Overflow)?;
        let before = self.pages.account(after.id).and_then(Account::available_minor);
        let less = before.is_none_or(|before| available < before);
        if less && available < 0 && !after.overdraft {
            return Err(Rejection::InsufficientFunds);
        }
        Ok(())
    }

    /// Whether an account may become this by what is decided here: what goes farther from zero must
    /// stay within the limit. What a provider has moved already may pass it.
    fn check_room(&self, after: &Account) -> Result<(), Rejection> {
        let before = self.pages.account(after.id).ok_or(Rejection::UnknownAccount)?;
        let arrived = after.posted_minor > before.posted_minor && after.room_minor(true) < 0;
        let left =
            after.available_minor() < before.available_minor() && after.room_minor(false) < 0;
        if arrived || left { Err(Rejection::Overflow) } else { Ok(()) }
    }

    /// The time of an entry: now, or, if the clock went back, the latest entry's of its accounts. An
    /// account's entries never run backwards; nothing else waits for a clock to catch up.
    fn entry_time(&self, legs: &[Leg]) -> Timestamp {
        let accounts = legs.iter().filter_map(|leg| self.pages.account(leg.account));
        accounts.filter_map(|account| account.last_entry_at).fold(self.now, Timestamp::max)
    }
}

/// The account after a leg.
fn posted(account: &Account, leg: &Leg, at: Timestamp) -> Result<Account, Rejection> {
    if account.currency != leg.amount.currency {
        return Err(Rejection::CurrencyMismatch);
    }
    if account.closed {
        return Err(Rejection::AccountClosed);
    }
    let posted_minor = account.posted_minor.checked_add(leg.amount.minor);
    Ok(Account {
        posted_minor: posted_minor.ok_or(Rejection::Overflow)?,
        last_seq: account.last_seq.checked_add(1).ok_or(Rejection::Overflow)?,
        last_entry_at: Some(at),
        ..account.clone()
    })
}

/// Two or more legs, each account once, zero in sum per currency.
fn balanced(legs: &[Leg]) -> Result<(), Rejection> {
    let accounts: BTreeSet<AccountId> = legs.iter().map(|leg| leg.account).collect();
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for leg in legs {
        let sum = sums.entry(leg.amount.currency).or_default();
        *sum = sum.checked_add(i128::from(leg.amount.minor)).ok_or(Rejection::Overflow)?;
    }
    let zero = sums.values().all(|sum| *sum == 0);
    if legs.len() >= 2 && accounts.len() == legs.len() && zero {
        Ok(())
    } else {
        Err(Rejection::Unbalanced)
    }
}
