//! Proving the ledger: that every balance follows from its postings, every posting from a payment,
//! and every hold from a state.
//!
//! A store streams [`Fact`]s of one moment; a [`Proof`] looks at each once, keeps only sums, and
//! names every row that does not fit.

mod accounts;
mod amounts;
mod check;
mod entries;
mod fact;
mod payments;
mod refunds;
mod roles;
mod timeline;
mod totals;
mod words;

pub use check::{Check, Violation};
pub use fact::{Fact, PaymentFact, Position, RefundSums, Scope};
pub use totals::CurrencyTotals;
pub use words::Sum;

use crate::Timestamp;
use crate::account::Account;
use accounts::AccountProof;
use check::{Findings, Row};
use chrono::TimeDelta;
use roles::SystemAccounts;
use totals::{Counts, Totals};

/// What was looked at, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many accounts.
    pub accounts: u64,
    /// How many payments.
    pub payments: u64,
    /// How many postings.
    pub postings: u64,
    /// How many journal entries.
    pub entries: u64,
    /// How many rows did not fit, counted once for each rule they break. 0 is the proof.
    pub violations: u64,
    /// What there is in each currency, by code; empty unless all was looked at.
    pub totals: Vec<CurrencyTotals>,
}

/// Looks at facts as they come. What it remembers does not grow with them: sums by currency, the
/// system's accounts, and the account whose postings come now.
pub struct Proof<'a> {
    scope: Scope,
    overdue_after: TimeDelta,
    now: Option<Timestamp>,
    findings: Findings<'a>,
    system: SystemAccounts,
    account: Option<AccountProof>,
    announced: Option<Counts>,
    seen: Counts,
    totals: Totals,
}

impl<'a> Proof<'a> {
    /// Begins a proof of that scope. What should have been decided longer ago than `overdue_after`
    /// is a violation, too. Each is handed to `report` as soon as it is found.
    pub fn new(
        scope: Scope,
        overdue_after: TimeDelta,
        report: impl FnMut(Violation) + Send + 'a,
    ) -> Self {
        Self {
            scope,
            overdue_after,
            now: None,
            findings: Findings::new(report),
            system: SystemAccounts::default(),
            account: None,
            announced: None,
            seen: Counts::default(),
            totals: Totals::default(),
        }
    }

    /// Looks at the next fact.
    pub fn see(&mut self, fact: Fact) {
        match fact {
            Fact::AsOf(now) => self.now = Some(now),
            Fact::Size { accounts, payments, postings, transitions } => {
                let (posted, entries) = (postings, 0);
                self.announced =
                    Some(Counts { accounts, payments, postings, posted, entries, transitions });
            }
            Fact::Account { account, start, held_minor } => {
                self.see_account(account, start, held_minor);
            }
            Fact::Posting { posting, payment, transition_seq, at } => {
                self.seen.count_posting();
                self.totals.see_posting(&posting, payment, transition_seq, at);
                match &mut self.account {
                    Some(account) => account.see(&posting, at, &mut self.findings),
                    None => accounts::stray(&posting, &mut self.findings),
                }
            }
            Fact::Payment(fact) => {
                self.close_account();
                self.seen.count_payment(&fact);
                self.totals.see_payment(&fact, &self.system);
                let overdue_before =
                    self.now.and_then(|now| now.checked_sub_signed(self.overdue_after));
                payments::prove(&fact, &self.system, overdue_before, &mut self.findings);
            }
            Fact::Unreadable { table, id, reason } => {
                let mut at = self.findings.at(None, Row::Named(table, &id));
                at.found(Check::UnreadableRow, reason);
            }
        }
    }

    fn see_account(&mut self, account: Account, start: Position, held_minor: Option<i128>) {
        self.close_account();
        self.seen.count_account();
        self.totals.see_account(&account);
        self.system.see(&account, &mut self.findings);
        let start = match self.scope {
            Scope::Whole => Position::START,
            Scope::Since(_) => start,
        };
        let account = AccountProof::begin(account, start, held_minor, &mut self.findings);
        self.account = Some(account);
    }

    fn close_account(&mut self) {
        if let Some(account) = self.account.take() {
            account.end(&mut self.findings);
        }
    }

    fn incomplete(&mut self, what: &str) {
        let mut at = self.findings.at(None, Row::Table("facts"));
        at.found(Check::FactsIncomplete, what.to_owned());
    }

    /// Ends the proof: what only shows when all has been seen is found now.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        self.close_account();
        if self.now.is_none() {
            self.incomplete("the time is missing");
        }
        let mut totals = Vec::new();
        if self.scope == Scope::Whole {
            match &self.announced {
                Some(announced) => self.seen.prove(announced, &mut self.findings),
                None => self.incomplete("the size is missing"),
            }
            self.totals.prove(&mut self.findings);
            totals = self.totals.by_currency();
        }
        Summary {
            accounts: self.seen.accounts,
            payments: self.seen.payments,
            postings: self.seen.postings,
            entries: self.seen.entries,
            violations: self.findings.count(),
            totals,
        }
    }
}
