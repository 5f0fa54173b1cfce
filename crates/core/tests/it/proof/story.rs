//! A small sound ledger with a payment of every sort, each by a name.

use crate::ledger::{Ledger, money, proved};
use paygate_core::account::{Account, Role};
use paygate_core::hold::{capture, void};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::kind::Kind;
use paygate_core::proof::{Fact, PaymentFact, Scope, Violation};
use paygate_core::provider::{ClaimPolicy, Verdict, settle};
use paygate_core::status::Status;
use std::collections::BTreeMap;

/// The ledger, and what its rows are called.
pub struct Story {
    pub ledger: Ledger,
    accounts: BTreeMap<String, AccountId>,
    payments: BTreeMap<&'static str, PaymentId>,
}

impl Story {
    pub fn told() -> Self {
        let ledger = Ledger::new();
        let mut story = Self { ledger, accounts: BTreeMap::new(), payments: BTreeMap::new() };
        for account in story.ledger.accounts.values() {
            let name = match &account.role {
                Role::System(code) => code.as_str(),
                _ => "merchant",
            };
            story.accounts.insert(format!("{name} {}", account.currency), account.id);
        }
        for (name, code) in [
            ("ada", "USD"),
            ("bob", "USD"),
            ("eva", "EUR"),
            ("yui", "JPY"),
            ("new", "USD"),
            ("old", "USD"),
        ] {
            let id = story.ledger.wallet(code);
            story.accounts.insert(name.to_owned(), id);
        }
        let id = story.ledger.open(crate::ledger::wallet(), "USD", true);
        story.accounts.insert("eve".to_owned(), id);
        story.money_comes_in();
        story.money_moves();
        story.money_waits();
        story.money_goes_back();
        story.ledger.accounts.get_mut(&story.account("old")).unwrap().closed = true;
        story
    }

    pub fn account(&self, name: &str) -> AccountId {
        self.accounts[name]
    }

    pub fn payment(&self, name: &str) -> PaymentId {
        self.payments[name]
    }

    /// Accepts a payment ten seconds after the last, and does what is due for it.
    fn pay(
        &mut self,
        name: &'static str,
        kind: Kind,
        (minor, code): (i64, &str),
        sides: [&str; 2],
    ) {
        self.accept(name, kind, (minor, code), sides, false);
        self.ledger.work(self.payment(name));
    }

    fn accept(
        &mut self,
        name: &'static str,
        kind: Kind,
        (minor, code): (i64, &str),
        [source, destination]: [&str; 2],
        hold: bool,
    ) {
        self.ledger.seconds += 10;
        let sides = (self.account(source), self.account(destination));
        let id = self.ledger.accept(kind, money(minor, code), sides, hold).unwrap();
        self.payments.insert(name, id);
    }

    fn refund(&mut self, name: &'static str, of: &str, minor: i64) {
        self.ledger.seconds += 10;
        let id = self.ledger.accept_refund(self.payment(of), minor);
        self.payments.insert(name, id);
        self.ledger.work(id);
    }

    /// The provider keeps silent until a person must look.
    fn give_up(&mut self, name: &'static str) {
        let (id, policy) =
            (self.payment(name), ClaimPolicy { max_attempts: 1, ..Default::default() });
        self.ledger.transact(|book| settle(book, id, 1, Verdict::Unknown, &policy)).unwrap();
        assert_eq!(self.ledger.status(id), Status::ManualReview);
    }

    fn money_comes_in(&mut self) {
        use Kind::{Charge, Deposit, Opening};
        self.pay("opening", Opening, (100_000, "USD"), ["opening_equity USD", "ada"]);
        self.pay("opening in yen", Opening, (9_000, "JPY"), ["opening_equity JPY", "yui"]);
        self.pay("from the bank", Deposit, (5_000, "USD"), ["bank USD", "bob"]);
        self.pay("charge", Charge, (10_000, "USD"), ["acquirer USD", "merchant USD"]);
        self.ledger.approve(self.payment("charge"));
        self.pay("declined", Charge, (700, "USD"), ["acquirer USD", "merchant USD"]);
        self.ledger.decline(self.payment("declined"));
        self.pay("charge in yen", Charge, (1_000, "JPY"), ["acquirer JPY", "merchant JPY"]);
        self.ledger.approve(self.payment("charge in yen"));
    }

    fn money_moves(&mut self) {
        use Kind::Transfer;
        self.pay("transfer", Transfer, (3_000, "USD"), ["ada", "bob"]);
        self.pay("across", Transfer, (2_000, "USD"), ["ada", "eva"]);
        self.pay("exact", Transfer, (555, "EUR"), ["ada", "eva"]);
        self.pay("from yen", Transfer, (1_000, "JPY"), ["yui", "ada"]);
        self.pay("worth", Transfer, (400, "EUR"), ["ada", "bob"]);
        self.pay("overdrawn", Transfer, (50, "USD"), ["eve", "bob"]);
        self.pay("too much", Transfer, (999_999, "USD"), ["bob", "ada"]);
    }

    fn money_waits(&mut self) {
        use Kind::{Charge, Transfer};
        for name in ["captured", "voided", "authorized", "expired"] {
            self.accept(name, Transfer, (4_000, "USD"), ["ada", "bob"], true);
            self.ledger.work(self.payment(name));
        }
        let id = self.payment("captured");
        self.ledger.transact(|book| capture(book, id, Some(2_500), &Actor::Operator)).unwrap();
        self.accept("captured across", Transfer, (3_001, "USD"), ["ada", "eva"], true);
        let id = self.payment("captured across");
        self.ledger.work(id);
        self.ledger.transact(|book| capture(book, id, Some(1_003), &Actor::Operator)).unwrap();
        let id = self.payment("voided");
        self.ledger.transact(|book| void(book, id, &Actor::Operator)).unwrap();
        let id = self.payment("expired");
        self.ledger.payments.get_mut(&id).unwrap().payment.expires_at =
            Some(crate::ledger::at(self.ledger.seconds));
        assert_eq!(self.ledger.work(id), Status::Expired);
        self.accept("pending", Transfer, (11, "USD"), ["ada", "bob"], false);
        self.pay("processing", Charge, (12, "USD"), ["acquirer USD", "merchant USD"]);
        self.pay("in review", Charge, (13, "USD"), ["acquirer USD", "merchant USD"]);
        self.give_up("in review");
    }

    fn money_goes_back(&mut self) {
        self.refund("refund", "charge", 4_000);
        self.ledger.approve(self.payment("refund"));
        self.refund("refused refund", "charge", 1_500);
        self.ledger.decline(self.payment("refused refund"));
        self.refund("refunding", "charge", 1_000);
        self.refund("refund in review", "charge", 500);
        self.give_up("refund in review");
        self.refund("whole charge", "charge in yen", 1_000);
        self.ledger.approve(self.payment("whole charge"));
        self.refund("reversal", "transfer", 3_000);
        self.refund("refund across", "across", 777);
        self.refund("tiny refund", "from yen", 1);
        self.refund("refund of captured", "captured", 500);
        self.refund("too great", "captured", 2_001);
        self.refund("reversal across", "captured across", 1_003);
    }

    /// What a store would show of it all.
    pub fn facts(&self) -> Facts<'_> {
        Facts { story: self, all: self.ledger.facts(Scope::Whole) }
    }
}

/// The facts of the story, to be falsified one by one.
#[derive(Clone)]
pub struct Facts<'a> {
    pub story: &'a Story,
    pub all: Vec<Fact>,
}

impl Facts<'_> {
    pub fn violations(self) -> Vec<Violation> {
        proved(Scope::Whole, self.all).1
    }

    pub fn id(&self, account: &str) -> AccountId {
        self.story.account(account)
    }

    fn account_place(&self, name: &str) -> usize {
        let id = self.id(name);
        let fits = |fact: &Fact| matches!(fact, Fact::Account { account, .. } if account.id == id);
        self.all.iter().position(fits).unwrap()
    }

    pub fn account(&mut self, name: &str) -> &mut Account {
        let place = self.account_place(name);
        let Fact::Account { account, .. } = &mut self.all[place] else { unreachable!() };
        account
    }

    pub fn held(&mut self, name: &str) -> &mut i128 {
        let place = self.account_place(name);
        let Fact::Account { held_minor: Some(held), .. } = &mut self.all[place] else {
            unreachable!()
        };
        held
    }

    /// The place of the account's posting of that seq.
    pub fn posting(&self, name: &str, seq: usize) -> usize {
        let place = self.account_place(name) + seq;
        assert!(matches!(self.all[place], Fact::Posting { .. }));
        place
    }

    pub fn payment(&mut self, name: &str) -> &mut PaymentFact {
        let id = self.story.payment(name);
        let fits =
            |fact: &&mut Fact| matches!(fact, Fact::Payment(fact) if fact.record.payment.id == id);
        let Some(Fact::Payment(fact)) = self.all.iter_mut().find(fits) else { unreachable!() };
        fact
    }
}

#[test]
fn a_sound_ledger_is_proved() {
    let story = Story::told();
    let (summary, violations) = proved(Scope::Whole, story.facts().all);
    assert_eq!(violations, []);
    let ledger = &story.ledger;
    let postings: usize = ledger.entries.values().flatten().map(|entry| entry.postings.len()).sum();
    assert_eq!(summary.accounts, ledger.accounts.len() as u64);
    assert_eq!(summary.payments, ledger.payments.len() as u64);
    assert_eq!((summary.postings, summary.entries), (postings as u64, ledger.entries.len() as u64));
    let codes: Vec<_> = summary.totals.iter().map(|totals| totals.currency.code()).collect();
    assert_eq!(codes, ["EUR", "JPY", "USD"]);
    let usd = &summary.totals[2];
    assert_eq!(
        (usd.opening_equity, usd.bank, usd.acquirer, usd.merchants),
        (-100_000, -5_000, -6_000, 6_000)
    );
    assert_eq!(usd.wallets + usd.fx_liquidity, 105_000);
    assert!(usd.fx_liquidity > 0);
    assert!(summary.totals.iter().all(|totals| totals.sum == 0));
    let reached: std::collections::BTreeSet<_> =
        ledger.payments.values().map(|record| record.payment.status).collect();
    assert_eq!(reached.len(), Status::ALL.len(), "{reached:?}");
}
