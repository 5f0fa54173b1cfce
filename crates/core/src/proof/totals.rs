//! What shows only when all has been seen: sums by currency and counts by table.

use super::check::{Check, Findings, Row};
use super::fact::PaymentFact;
use super::roles::SystemAccounts;
use super::words::Sum;
use crate::Timestamp;
use crate::account::{Account, Role, SystemAccount};
use crate::id::PaymentId;
use crate::journal::Posting;
use crate::money::Currency;
use crate::status::Status;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What there is in a currency, minor units. The outside world's side is negative: what the system
/// took from it, or owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyTotals {
    /// The currency.
    pub currency: Currency,
    /// What clients' wallets have.
    pub wallets: i128,
    /// What merchants' accounts have.
    pub merchants: i128,
    /// What the acquirer's account has.
    pub acquirer: i128,
    /// What the bank's account has.
    pub bank: i128,
    /// What the liquidity account has.
    pub fx_liquidity: i128,
    /// What the account of opening balances has.
    pub opening_equity: i128,
    /// All of that: 0.
    pub sum: i128,
}

impl CurrencyTotals {
    fn none(currency: Currency) -> Self {
        Self {
            currency,
            wallets: 0,
            merchants: 0,
            acquirer: 0,
            bank: 0,
            fx_liquidity: 0,
            opening_equity: 0,
            sum: 0,
        }
    }

    fn add(&mut self, role: &Role, minor: i64) {
        let part = match role {
            Role::Wallet(_) => &mut self.wallets,
            Role::Merchant(_) => &mut self.merchants,
            Role::System(SystemAccount::Acquirer) => &mut self.acquirer,
            Role::System(SystemAccount::Bank) => &mut self.bank,
            Role::System(SystemAccount::FxLiquidity) => &mut self.fx_liquidity,
            Role::System(SystemAccount::OpeningEquity) => &mut self.opening_equity,
        };
        *part = part.saturating_add(i128::from(minor));
        self.sum = self.sum.saturating_add(i128::from(minor));
    }
}

/// The sums so far.
#[derive(Default)]
pub(super) struct Totals {
    currencies: BTreeMap<Currency, CurrencyTotals>,
    /// What opening balances have brought in.
    opened: BTreeMap<Currency, i128>,
    of_accounts: PostingSum,
    of_payments: PostingSum,
}

impl Totals {
    pub(super) fn see_account(&mut self, account: &Account) {
        let currency = account.currency;
        let totals = self.currencies.entry(currency);
        let totals = totals.or_insert_with(|| CurrencyTotals::none(currency));
        totals.add(&account.role, account.posted_minor);
    }

    /// A posting as it came with its account.
    pub(super) fn see_posting(
        &mut self,
        posting: &Posting,
        payment: PaymentId,
        transition_seq: i32,
        at: Option<Timestamp>,
    ) {
        self.of_accounts.add(posting, payment, transition_seq, at);
    }

    pub(super) fn see_payment(&mut self, fact: &PaymentFact, system: &SystemAccounts) {
        let payment = &fact.record.payment;
        for entry in &fact.entries {
            for posting in &entry.postings {
                self.of_payments.add(posting, entry.payment, entry.transition_seq, Some(entry.at));
            }
        }
        let equity = SystemAccount::OpeningEquity;
        let opening = |(code, currency)| (code == equity).then_some(currency);
        let moved = payment.kind.comes_from(equity) && payment.status == Status::Success;
        if let Some(currency) = system.role(payment.source).and_then(opening).filter(|_| moved) {
            let opened = self.opened.entry(currency).or_default();
            *opened = opened.saturating_add(i128::from(payment.credit.minor));
        }
    }

    pub(super) fn prove(&self, findings: &mut Findings<'_>) {
        for (currency, totals) in &self.currencies {
            let mut at = findings.at(*currency, Row::Table("accounts"));
            let sum = |minor: i128| Sum { minor, currency: *currency };
            at.equal(Check::CurrencyUnbalanced, sum(totals.sum), sum(0));
            let opened = self.opened.get(currency).copied().unwrap_or(0);
            let equity = totals.opening_equity.saturating_neg();
            at.equal(Check::OpeningEquityDiffers, sum(equity), sum(opened));
        }
        let mut at = findings.at(None, Row::Table("postings"));
        at.holds(Check::PostingsDiffer, self.of_accounts == self.of_payments, || {
            "accounts show others than payments do".to_owned()
        });
    }

    pub(super) fn by_currency(self) -> Vec<CurrencyTotals> {
        self.currencies.into_values().collect()
    }
}

/// A sum over postings that is the same for the same postings in any order, and hardly ever for
/// others.
#[derive(Default, PartialEq, Eq)]
struct PostingSum(u64);

impl PostingSum {
    fn add(
        &mut self,
        posting: &Posting,
        payment: PaymentId,
        transition_seq: i32,
        at: Option<Timestamp>,
    ) {
        let mut hasher = DefaultHasher::new();
        (payment, transition_seq, at).hash(&mut hasher);
        (posting.account, posting.account_seq).hash(&mut hasher);
        (posting.amount, posting.balance_after_minor).hash(&mut hasher);
        self.0 = self.0.wrapping_add(hasher.finish());
    }
}

/// How many rows each table has.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) accounts: u64,
    pub(super) payments: u64,
    /// That came with accounts.
    pub(super) postings: u64,
    /// That came with the entries of payments.
    pub(super) posted: u64,
    /// Only counted: what an entry is made of is compared.
    pub(super) entries: u64,
    pub(super) transitions: u64,
}

impl Counts {
    pub(super) fn count_account(&mut self) {
        self.accounts = self.accounts.saturating_add(1);
    }

    pub(super) fn count_posting(&mut self) {
        self.postings = self.postings.saturating_add(1);
    }

    pub(super) fn count_payment(&mut self, fact: &PaymentFact) {
        let add = |count: &mut u64, rows: usize| {
            *count = count.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
        };
        add(&mut self.payments, 1);
        add(&mut self.transitions, fact.transitions.len());
        add(&mut self.entries, fact.entries.len());
        for entry in &fact.entries {
            add(&mut self.posted, entry.postings.len());
        }
    }

    /// What was seen is what there is.
    pub(super) fn prove(&self, announced: &Self, findings: &mut Findings<'_>) {
        for (table, seen, there) in [
            ("accounts", self.accounts, announced.accounts),
            ("payments", self.payments, announced.payments),
            ("postings", self.postings, announced.postings),
            ("postings", self.posted, announced.posted),
            ("payment_transitions", self.transitions, announced.transitions),
        ] {
            let mut at = findings.at(None, Row::Table(table));
            at.holds(Check::RowCountDiffers, seen == there, || {
                format!("{there} rows, of which {seen} belong to what is there")
            });
        }
    }
}
