//! A store as naive as can be: rows in maps, one transaction at a time, and the facts it would show
//! to be proved.

use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountNumber, Role, SystemAccount};
use paygate_core::book::Book;
use paygate_core::fx::{AppliedRate, Rate};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{MerchantId, Operation, Owner, Principal};
use paygate_core::journal::Entry;
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Details, NewPayment, PaymentRecord, Transition};
use paygate_core::proof::{
    Fact, PaymentFact, Position, Proof, RefundSums, Scope, Summary, Violation,
};
use paygate_core::provider::{ClaimPolicy, Decline, Verdict, settle};
use paygate_core::status::Status;
use paygate_core::terms::Terms;
use paygate_core::work::{WorkPolicy, process};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub const CODES: [&str; 3] = ["USD", "EUR", "JPY"];
/// How long something may wait before it is overdue.
pub const PATIENCE: chrono::TimeDelta = chrono::TimeDelta::hours(1);

pub fn merchant() -> MerchantId {
    MerchantId::parse("shop").unwrap()
}

fn owner() -> Owner {
    Owner::Merchant(merchant())
}

/// What a client's account is for.
pub fn wallet() -> Role {
    Role::Wallet(owner())
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub fn money(minor: i64, code: &str) -> Money {
    Money { minor, currency: currency(code) }
}

pub fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

/// The rate between two of the currencies.
pub fn rate(base: Currency, quote: Currency) -> AppliedRate {
    let worth = |currency: Currency| match currency.code() {
        "USD" => 150_700,
        "EUR" => 163_801,
        _ => 1_000,
    };
    let rate = Rate::new(base, quote, worth(base), worth(quote)).unwrap();
    AppliedRate { rate, source: "fixed".to_owned(), as_of: at(0) }
}

/// The rows, and what time it is.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub seconds: i64,
    pub accounts: BTreeMap<AccountId, Account>,
    pub payments: BTreeMap<PaymentId, PaymentRecord>,
    pub transitions: BTreeMap<PaymentId, Vec<Transition>>,
    pub entries: BTreeMap<PaymentId, Vec<Entry>>,
}

impl Ledger {
    /// With the system's accounts of each currency and a merchant's in dollars.
    pub fn new() -> Self {
        let mut ledger = Self::default();
        for code in CODES {
            for system in SystemAccount::ALL {
                ledger.open(Role::System(*system), code, true);
            }
            ledger.open(Role::Merchant(merchant()), code, false);
        }
        ledger
    }

    pub fn open(&mut self, role: Role, code: &str, overdraft: bool) -> AccountId {
        let index = self.accounts.len() as u64 + 1;
        let id = AccountId(Uuid::from_u128(index.into()));
        let account = Account {
            id,
            number: AccountNumber::from_random(index),
            currency: currency(code),
            role,
            overdraft,
            closed: false,
            posted_minor: 0,
            held_minor: 0,
            last_seq: 0,
            last_entry_at: None,
        };
        self.accounts.insert(id, account);
        id
    }

    pub fn wallet(&mut self, code: &str) -> AccountId {
        self.open(wallet(), code, false)
    }

    /// The account of that role in that currency.
    pub fn account_of(&self, role: &Role, currency: Currency) -> AccountId {
        let fits = |account: &&Account| account.role == *role && account.currency == currency;
        self.accounts.values().find(fits).unwrap().id
    }

    pub fn system(&self, code: SystemAccount, currency: Currency) -> AccountId {
        self.account_of(&Role::System(code), currency)
    }

    pub fn status(&self, id: PaymentId) -> Status {
        self.payments[&id].payment.status
    }

    /// Accepts a payment of an amount, if it can be moved between two such accounts.
    pub fn accept(
        &mut self,
        kind: Kind,
        amount: Money,
        (source, destination): (AccountId, AccountId),
        hold: bool,
    ) -> Option<PaymentId> {
        let sides = [source, destination].map(|id| self.accounts[&id].currency);
        let needed = paygate_core::terms::needed_rate(amount.currency, sides[0], sides[1]).ok()?;
        let fx = needed.map(|(base, quote)| rate(base, quote));
        let terms = Terms::agree(amount, sides[0], sides[1], fx, None).ok()?;
        Some(self.insert(kind, terms, (source, destination), hold, None))
    }

    /// Accepts a refund of so much of a payment. What it takes back is not known yet.
    pub fn accept_refund(&mut self, parent: PaymentId, minor: i64) -> PaymentId {
        let original = &self.payments[&parent].payment;
        let amount = Money { minor, ..original.debit };
        let debit = Money { minor, ..original.credit };
        let terms = Terms { amount, debit, credit: amount, fx: None, quote: None };
        let sides = (original.destination, original.source);
        self.insert(Kind::Refund, terms, sides, false, Some(parent))
    }

    fn insert(
        &mut self,
        kind: Kind,
        terms: Terms,
        (source, destination): (AccountId, AccountId),
        hold: bool,
        parent: Option<PaymentId>,
    ) -> PaymentId {
        let id = PaymentId(Uuid::from_u128(self.payments.len() as u128 + 1));
        let request =
            Details::default().request(&Principal::Operator, Operation::Transfer, owner());
        let new = NewPayment { id, kind, terms, source, destination, parent, hold, request };
        self.payments.insert(id, new.accepted(at(self.seconds)));
        id
    }

    /// One transaction on all rows.
    pub fn transact<T>(&mut self, decide: impl FnOnce(&mut Book) -> T) -> T {
        let payments = self.payments.values().map(|record| record.payment.clone()).collect();
        let accounts = self.accounts.values().cloned().collect();
        let mut book = Book::new(at(self.seconds), payments, accounts);
        let answer = decide(&mut book);
        let changes = book.into_changes();
        for payment in changes.payments {
            let record = self.payments.get_mut(&payment.id).unwrap();
            record.payment = payment;
        }
        self.accounts.extend(changes.accounts.into_iter().map(|account| (account.id, account)));
        for row in changes.transitions {
            self.transitions.entry(row.payment).or_default().push(row);
        }
        for entry in changes.entries {
            self.entries.entry(entry.payment).or_default().push(entry);
        }
        answer
    }

    /// Does what is due for a payment; no row is ever poison.
    pub fn work(&mut self, id: PaymentId) -> Status {
        self.transact(|book| process(book, id, &WorkPolicy::default())).unwrap();
        self.status(id)
    }

    /// Brings what the provider said of the attempt that is made now.
    pub fn answer(&mut self, id: PaymentId, verdict: Verdict) -> Status {
        let attempt = self.payments[&id].payment.attempts;
        let policy = ClaimPolicy::default();
        self.transact(|book| settle(book, id, attempt, verdict, &policy)).unwrap();
        self.status(id)
    }

    pub fn approve(&mut self, id: PaymentId) -> Status {
        self.answer(id, Verdict::Approved)
    }

    pub fn decline(&mut self, id: PaymentId) -> Status {
        self.answer(id, Verdict::Declined(Decline::Generic))
    }

    /// Everything, or what is new since then, as a store shows it.
    pub fn facts(&self, scope: Scope) -> Vec<Fact> {
        let since = match scope {
            Scope::Whole => None,
            Scope::Since(since) => Some(since),
        };
        let old = |entry: &Entry| since.is_some_and(|since| entry.at < since);
        let all: Vec<&Entry> = self.entries.values().flatten().collect();
        let new: Vec<&Entry> = all.iter().copied().filter(|entry| !old(entry)).collect();
        let payments: BTreeSet<PaymentId> = new.iter().map(|entry| entry.payment).collect();
        let mut facts = vec![Fact::AsOf(at(self.seconds))];
        if scope == Scope::Whole {
            facts.push(Fact::Size {
                accounts: self.accounts.len() as u64,
                payments: self.payments.len() as u64,
                postings: all.iter().map(|entry| entry.postings.len() as u64).sum(),
                transitions: self.transitions.values().map(|it| it.len() as u64).sum(),
            });
        }
        for account in self.accounts.values() {
            facts.extend(self.account_facts(account, &all, &new, scope));
        }
        for (id, record) in &self.payments {
            if scope == Scope::Whole || payments.contains(id) {
                facts.push(Fact::Payment(Box::new(PaymentFact {
                    record: record.clone(),
                    transitions: self.transitions.get(id).cloned().unwrap_or_default(),
                    entries: self.entries.get(id).cloned().unwrap_or_default(),
                    refunds: self.refunds(*id),
                })));
            }
        }
        facts
    }

    fn account_facts(
        &self,
        account: &Account,
        all: &[&Entry],
        new: &[&Entry],
        scope: Scope,
    ) -> Vec<Fact> {
        let postings = |entries: &[&Entry]| {
            let mut postings = Vec::new();
            for entry in entries {
                let of_it = entry.postings.iter().filter(|it| it.account == account.id);
                postings.extend(
                    of_it.map(|posting| (*posting, entry.payment, entry.transition_seq, entry.at)),
                );
            }
            postings.sort_by_key(|(posting, ..)| posting.account_seq);
            postings
        };
        let shown = postings(new);
        if scope != Scope::Whole && shown.is_empty() {
            return vec![];
        }
        let before = postings(all).len() - shown.len();
        let start = match before {
            0 => Position::START,
            _ => {
                let last = postings(all)[before - 1].0;
                Position { seq: last.account_seq, balance_minor: last.balance_after_minor }
            }
        };
        let held = self.payments.values().filter(|it| it.payment.source == account.id);
        let held = held.filter_map(|it| it.payment.held()).map(|it| i128::from(it.minor)).sum();
        let held_minor = (scope == Scope::Whole).then_some(held);
        let account = Fact::Account { account: account.clone(), start, held_minor };
        let posting = |(posting, payment, transition_seq, at)| Fact::Posting {
            posting,
            payment,
            transition_seq,
            at: Some(at),
        };
        std::iter::once(account).chain(shown.into_iter().map(posting)).collect()
    }

    fn refunds(&self, id: PaymentId) -> RefundSums {
        let mut sums = RefundSums::default();
        let refunds = self.payments.values().map(|record| &record.payment);
        for refund in refunds.filter(|payment| payment.parent == Some(id)) {
            match refund.status {
                Status::Success => {
                    sums.refunded_minor += i128::from(refund.credit.minor);
                    sums.taken_back_minor += i128::from(refund.debit.minor);
                }
                Status::Processing | Status::ManualReview => {
                    sums.refunding_minor += i128::from(refund.credit.minor);
                }
                _ => {}
            }
        }
        sums
    }
}

/// What a proof finds in those facts.
pub fn proved(scope: Scope, facts: Vec<Fact>) -> (Summary, Vec<Violation>) {
    let mut violations = Vec::new();
    let mut proof = Proof::new(scope, PATIENCE, |violation| violations.push(violation));
    facts.into_iter().for_each(|fact| proof.see(fact));
    let summary = proof.finish();
    assert_eq!(summary.violations, violations.len() as u64);
    (summary, violations)
}
