//! The working set of one transaction: the payments and accounts it has locked, and what a decision
//! changes in them. A store loads a [`Book`], lets a pure decision write in it, and carries the
//! [`Changes`] back in the same transaction.
//!
//! What must stay true: an operation either happens whole or leaves the book untouched and names
//! the broken rule; a balance changes only through a posting; a posting only with a transition.

use crate::Timestamp;
use crate::account::{Account, Role, SystemAccount};
use crate::id::{AccountId, PaymentId};
use crate::journal::{Entry, Leg, Posting};
use crate::money::{Currency, Money};
use crate::payment::{Actor, Failure, Payment, Reason, Transition};
use crate::status::Status;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A broken rule. The book is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The payment is not in the book.
    #[error("the payment is not in this book")]
    UnknownPayment,
    /// An account of a posting is not in the book.
    #[error("an account is not in this book")]
    UnknownAccount,
    /// The transition table has no such step.
    #[error("no step leads from {from} to {to}")]
    IllegalTransition {
        /// The state the payment is in.
        from: Status,
        /// The state asked for.
        to: Status,
    },
    /// A posting's currency is not its account's.
    #[error("the posting is in another currency than its account")]
    CurrencyMismatch,
    /// Fewer than two postings, an account twice, or a sum that is not zero per currency.
    #[error("the postings do not balance")]
    Unbalanced,
    /// Something is to be posted to, or held of, an account that is closed.
    #[error("an account is closed")]
    AccountClosed,
    /// An account that may not be overdrawn would be.
    #[error("the available balance is too low")]
    InsufficientFunds,
    /// A balance or counter would leave its integer range.
    #[error("a balance would overflow")]
    Overflow,
}

impl Rejection {
    /// The stable code of this rule.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownPayment => "unknown-payment",
            Self::UnknownAccount => "account-not-found",
            Self::IllegalTransition { .. } => "illegal-transition",
            Self::CurrencyMismatch => "currency-mismatch",
            Self::Unbalanced => "unbalanced",
            Self::AccountClosed => "account-closed",
            Self::InsufficientFunds => "insufficient-funds",
            Self::Overflow => "overflow",
        }
    }

    /// The reason to fail a payment with, if this rule is about its accounts and its money; `None`
    /// if it is about the payment's own row, which is poison then.
    #[must_use]
    pub fn failure(self) -> Option<Reason> {
        match self {
            Self::UnknownAccount => Some(Reason::AccountNotFound),
            Self::CurrencyMismatch => Some(Reason::CurrencyMismatch),
            Self::AccountClosed => Some(Reason::AccountClosed),
            Self::InsufficientFunds => Some(Reason::InsufficientFunds),
            Self::Overflow => Some(Reason::Overflow),
            Self::UnknownPayment | Self::IllegalTransition { .. } | Self::Unbalanced => None,
        }
    }
}

/// Where a transition leads, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The state to reach.
    pub to: Status,
    /// Who makes it.
    pub actor: Actor,
    /// Why; becomes the failure's code when `to` is FAILED.
    pub reason: Reason,
    /// A sentence for people, kept when `to` is FAILED.
    pub detail: String,
}

impl Step {
    /// A worker's step that needs no words.
    #[must_use]
    pub fn by_worker(to: Status, reason: Reason) -> Self {
        Self { to, actor: Actor::Worker, reason, detail: String::new() }
    }

    /// A client's step.
    #[must_use]
    pub fn by_client(to: Status, reason: Reason) -> Self {
        Self { to, actor: Actor::Client, reason, detail: String::new() }
    }

    /// A worker's step to FAILED.
    #[must_use]
    pub fn failed(reason: Reason, detail: impl Into<String>) -> Self {
        Self { to: Status::Failed, actor: Actor::Worker, reason, detail: detail.into() }
    }
}

/// What a decision changed: what a store has to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Payments that differ, as they are now, by id.
    pub payments: Vec<Payment>,
    /// Accounts that differ, as they are now, by id.
    pub accounts: Vec<Account>,
    /// New timeline rows, in the order made.
    pub transitions: Vec<Transition>,
    /// New journal entries, in the order made.
    pub entries: Vec<Entry>,
    /// When a payment is to be looked at again.
    pub due: Vec<(PaymentId, Timestamp)>,
}

impl Changes {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payments.is_empty() && self.accounts.is_empty() && self.due.is_empty()
    }

    /// The payments whose hold has ended: nobody has to look at them when its time would be over.
    #[must_use]
    pub fn no_longer_due(&self) -> Vec<PaymentId> {
        let ended = self.transitions.iter().filter(|it| it.from == Status::Authorized);
        ended.map(|it| it.payment).collect()
    }
}

/// The payments and accounts of one transaction.
#[derive(Clone, Debug)]
pub struct Book {
    now: Timestamp,
    payments: BTreeMap<PaymentId, Payment>,
    accounts: BTreeMap<AccountId, Account>,
    changed_payments: BTreeSet<PaymentId>,
    changed_accounts: BTreeSet<AccountId>,
    transitions: Vec<Transition>,
    entries: Vec<Entry>,
    due: BTreeMap<PaymentId, Timestamp>,
    system: BTreeMap<(SystemAccount, Currency), AccountId>,
    undo: Option<Vec<Undo>>,
}

/// How to take one write in the book back.
#[derive(Clone, Debug)]
enum Undo {
    Payment { before: Box<Payment>, was_changed: bool },
    Account { before: Box<Account>, was_changed: bool },
    Due(PaymentId, Option<Timestamp>),
    Transition,
    Entry,
}

impl Book {
    /// Opens a book on rows that are locked.
    #[must_use]
    pub fn new(now: Timestamp, payments: Vec<Payment>, accounts: Vec<Account>) -> Self {
        let system = accounts.iter().filter_map(|account| match account.role {
            Role::System(code) => Some(((code, account.currency), account.id)),
            Role::Merchant(_) | Role::Wallet => None,
        });
        Self {
            now,
            system: system.collect(),
            undo: None,
            payments: payments.into_iter().map(|payment| (payment.id, payment)).collect(),
            accounts: accounts.into_iter().map(|account| (account.id, account)).collect(),
            changed_payments: BTreeSet::new(),
            changed_accounts: BTreeSet::new(),
            transitions: Vec::new(),
            entries: Vec::new(),
            due: BTreeMap::new(),
        }
    }

    /// The transaction's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The ids of the payments in the book, ascending.
    #[must_use]
    pub fn payment_ids(&self) -> Vec<PaymentId> {
        self.payments.keys().copied().collect()
    }

    /// A payment as it stands now.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.get(&id)
    }

    /// An account as it stands now.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
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
        let outer = self.undo.replace(Vec::new());
        let result = operations(self);
        let undo = std::mem::replace(&mut self.undo, outer).unwrap_or_default();
        match (&result, &mut self.undo) {
            (Err(_), _) => undo.into_iter().rev().for_each(|write| self.take_back(write)),
            (Ok(()), Some(outer)) => outer.extend(undo),
            (Ok(()), None) => {}
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

    /// Holds a payment's debit at its source until `expires_at`, when it is looked at again.
    ///
    /// # Errors
    /// Any [`Rejection`] but [`Rejection::Unbalanced`].
    pub fn authorize(&mut self, id: PaymentId, expires_at: Timestamp) -> Result<(), Rejection> {
        let step = Step::by_worker(Status::Authorized, Reason::Authorized);
        self.advance(id, &step, &[], |payment| payment.expires_at = Some(expires_at))?;
        self.wake_at(id, expires_at);
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
        let mut payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?.clone();
        edit(&mut payment);
        payment.updated_at = self.now;
        self.put_payment(payment);
        Ok(())
    }

    /// Gives a claim on a payment: counts an attempt and keeps others away until `until`.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`].
    pub fn lease(&mut self, id: PaymentId, until: Timestamp) -> Result<(), Rejection> {
        let payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?;
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
        self.wake_at(id, at);
        Ok(())
    }

    /// Gives an unused claim back: the attempt does not count, and the payment is due now.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`] without a claim.
    pub fn release(&mut self, id: PaymentId) -> Result<(), Rejection> {
        let payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?;
        let attempts = payment.attempts.checked_sub(1).filter(|attempts| *attempts >= 0);
        let attempts = attempts.ok_or(Rejection::Overflow)?;
        self.amend(id, |payment| payment.attempts = attempts)?;
        self.retry_at(id, self.now)
    }

    /// Closes the book: what has to be written.
    #[must_use]
    pub fn into_changes(mut self) -> Changes {
        Changes {
            payments: self
                .changed_payments
                .iter()
                .filter_map(|id| self.payments.remove(id))
                .collect(),
            accounts: self
                .changed_accounts
                .iter()
                .filter_map(|id| self.accounts.remove(id))
                .collect(),
            transitions: self.transitions,
            entries: self.entries,
            due: self.due.into_iter().collect(),
        }
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
        let payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?;
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
            let account = touched.get(&leg.account).or_else(|| self.accounts.get(&leg.account));
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
        }

        if !postings.is_empty() {
            self.entries.push(Entry {
                payment: id,
                transition_seq: moved.transitions,
                at,
                postings,
            });
            self.note(Undo::Entry);
        }
        for account in touched.into_values() {
            self.put_account(account);
        }
        self.transitions.push(Transition {
            payment: moved.id,
            seq: moved.transitions,
            from,
            to: step.to,
            actor: step.actor,
            reason: step.reason,
            at: self.now,
        });
        self.note(Undo::Transition);
        self.put_payment(moved);
        Ok(())
    }

    /// The source with what it holds changed from one to the other.
    fn holding(
        &self,
        source: AccountId,
        before: Option<Money>,
        after: Option<Money>,
    ) -> Result<Account, Rejection> {
        let account = self.accounts.get(&source).ok_or(Rejection::UnknownAccount)?;
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
        let before = self.accounts.get(&after.id).and_then(Account::available_minor);
        let less = before.is_none_or(|before| available < before);
        if less && available < 0 && !after.overdraft {
            return Err(Rejection::InsufficientFunds);
        }
        Ok(())
    }

    /// The time of an entry: now, or, if the clock went back, the latest entry's of its accounts. An
    /// account's entries never run backwards; nothing else waits for a clock to catch up.
    fn entry_time(&self, legs: &[Leg]) -> Timestamp {
        let accounts = legs.iter().filter_map(|leg| self.accounts.get(&leg.account));
        accounts.filter_map(|account| account.last_entry_at).fold(self.now, Timestamp::max)
    }

    fn wake_at(&mut self, id: PaymentId, at: Timestamp) {
        let before = self.due.insert(id, at);
        self.note(Undo::Due(id, before));
    }

    fn put_payment(&mut self, payment: Payment) {
        let id = payment.id;
        let was_changed = !self.changed_payments.insert(id);
        if let Some(before) = self.payments.insert(id, payment) {
            self.note_with(|| Undo::Payment { before: Box::new(before), was_changed });
        }
    }

    fn put_account(&mut self, account: Account) {
        let id = account.id;
        let was_changed = !self.changed_accounts.insert(id);
        if let Some(before) = self.accounts.insert(id, account) {
            self.note_with(|| Undo::Account { before: Box::new(before), was_changed });
        }
    }

    fn note(&mut self, write: Undo) {
        self.note_with(|| write);
    }

    fn note_with(&mut self, write: impl FnOnce() -> Undo) {
        if let Some(undo) = &mut self.undo {
            undo.push(write());
        }
    }

    fn take_back(&mut self, write: Undo) {
        match write {
            Undo::Payment { before, was_changed } => {
                if !was_changed {
                    self.changed_payments.remove(&before.id);
                }
                self.payments.insert(before.id, *before);
            }
            Undo::Account { before, was_changed } => {
                if !was_changed {
                    self.changed_accounts.remove(&before.id);
                }
                self.accounts.insert(before.id, *before);
            }
            Undo::Due(id, Some(before)) => {
                self.due.insert(id, before);
            }
            Undo::Due(id, None) => {
                self.due.remove(&id);
            }
            Undo::Transition => {
                self.transitions.pop();
            }
            Undo::Entry => {
                self.entries.pop();
            }
        }
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

#[cfg(test)]
mod tests;
