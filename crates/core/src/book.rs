//! The working set of one transaction: the payments and accounts it has locked, and what a decision
//! changes in them. A store loads a [`Book`], lets a pure decision write in it, and carries the
//! [`Changes`] back in the same transaction.
//!
//! What must stay true: an operation either happens whole or leaves the book untouched and names
//! the broken rule; a balance changes only through a posting; a posting only with a transition.

use crate::Timestamp;
use crate::account::Account;
use crate::id::{AccountId, PaymentId};
use crate::journal::{Entry, Leg, Posting};
use crate::money::Currency;
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
            Self::InsufficientFunds => "insufficient-funds",
            Self::Overflow => "overflow",
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
}

impl Book {
    /// Opens a book on rows that are locked.
    #[must_use]
    pub fn new(now: Timestamp, payments: Vec<Payment>, accounts: Vec<Account>) -> Self {
        Self {
            now,
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

    /// Moves a payment to another state. Its lease ends with it, unless the step takes one anew
    /// with [`Book::lease`].
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::IllegalTransition`], [`Rejection::Overflow`].
    pub fn transition(&mut self, id: PaymentId, step: &Step) -> Result<(), Rejection> {
        let payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?;
        let moved = self.stepped(payment, step)?;
        self.apply_step(moved, payment.status, step);
        Ok(())
    }

    /// Posts a balanced journal entry for a payment and moves the payment, both or neither.
    ///
    /// # Errors
    /// Any [`Rejection`].
    pub fn post(&mut self, id: PaymentId, legs: &[Leg], step: &Step) -> Result<(), Rejection> {
        let payment = self.payments.get(&id).ok_or(Rejection::UnknownPayment)?;
        let (moved, from) = (self.stepped(payment, step)?, payment.status);
        balanced(legs)?;
        let at = self.entry_time(legs);
        let accounts =
            legs.iter().map(|leg| self.posted(leg, at)).collect::<Result<Vec<_>, _>>()?;

        let postings = legs
            .iter()
            .zip(&accounts)
            .map(|(leg, account)| Posting {
                account: leg.account,
                account_seq: account.last_seq,
                amount: leg.amount,
                balance_after_minor: account.posted_minor,
            })
            .collect();
        let entry = Entry { payment: id, transition_seq: moved.transitions, at, postings };
        self.entries.push(entry);
        for account in accounts {
            self.changed_accounts.insert(account.id);
            self.accounts.insert(account.id, account);
        }
        self.apply_step(moved, from, step);
        Ok(())
    }

    /// Gives a claim on a payment: counts an attempt and keeps others away until `until`.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`].
    pub fn lease(&mut self, id: PaymentId, until: Timestamp) -> Result<(), Rejection> {
        let now = self.now;
        let payment = self.payments.get_mut(&id).ok_or(Rejection::UnknownPayment)?;
        payment.attempts = payment.attempts.checked_add(1).ok_or(Rejection::Overflow)?;
        payment.lease_until = Some(until);
        payment.updated_at = now;
        self.changed_payments.insert(id);
        Ok(())
    }

    /// Keeps a payment from being claimed before `at`, and has it looked at then.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`].
    pub fn retry_at(&mut self, id: PaymentId, at: Timestamp) -> Result<(), Rejection> {
        let now = self.now;
        let payment = self.payments.get_mut(&id).ok_or(Rejection::UnknownPayment)?;
        payment.lease_until = Some(at);
        payment.updated_at = now;
        self.changed_payments.insert(id);
        self.due.insert(id, at);
        Ok(())
    }

    /// Gives an unused claim back: the attempt does not count, and the payment is due now.
    ///
    /// # Errors
    /// [`Rejection::UnknownPayment`], [`Rejection::Overflow`] without a claim.
    pub fn release(&mut self, id: PaymentId) -> Result<(), Rejection> {
        let payment = self.payments.get_mut(&id).ok_or(Rejection::UnknownPayment)?;
        let attempts = payment.attempts.checked_sub(1).filter(|attempts| *attempts >= 0);
        payment.attempts = attempts.ok_or(Rejection::Overflow)?;
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

    fn apply_step(&mut self, moved: Payment, from: Status, step: &Step) {
        self.transitions.push(Transition {
            payment: moved.id,
            seq: moved.transitions,
            from,
            to: step.to,
            actor: step.actor,
            reason: step.reason,
            at: self.now,
        });
        self.changed_payments.insert(moved.id);
        self.payments.insert(moved.id, moved);
    }

    /// The time of an entry: now, or, if the clock went back, the latest entry's of its accounts. An
    /// account's entries never run backwards; nothing else waits for a clock to catch up.
    fn entry_time(&self, legs: &[Leg]) -> Timestamp {
        let accounts = legs.iter().filter_map(|leg| self.accounts.get(&leg.account));
        accounts.filter_map(|account| account.last_entry_at).fold(self.now, Timestamp::max)
    }

    /// The account after a leg, if the leg is allowed.
    fn posted(&self, leg: &Leg, at: Timestamp) -> Result<Account, Rejection> {
        let account = self.accounts.get(&leg.account).ok_or(Rejection::UnknownAccount)?;
        if account.currency != leg.amount.currency {
            return Err(Rejection::CurrencyMismatch);
        }
        let after = Account {
            posted_minor: account
                .posted_minor
                .checked_add(leg.amount.minor)
                .ok_or(Rejection::Overflow)?,
            last_seq: account.last_seq.checked_add(1).ok_or(Rejection::Overflow)?,
            last_entry_at: Some(at),
            ..account.clone()
        };
        let available = after.available_minor().ok_or(Rejection::Overflow)?;
        if leg.amount.minor < 0 && available < 0 && !account.overdraft {
            return Err(Rejection::InsufficientFunds);
        }
        Ok(after)
    }
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
