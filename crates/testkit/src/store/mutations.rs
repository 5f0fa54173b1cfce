//! That the proof finds every change of a column that takes part in an entry, a balance or a hold,
//! made past the ports with the database's own rules out of force.

use super::under_test::StoreUnderTest;
use crate::build::{house, money, new_account, new_payment, owned_by, payment_id};
use paygate_core::account::{Account, AccountNumber, NewWallet, Role, SystemAccount};
use paygate_core::decision::Loads;
use paygate_core::fx::{AppliedRate, Rate};
use paygate_core::hold::{capture, void};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{Actor, RequestHash};
use paygate_core::kind::Kind;
use paygate_core::money::Currency;
use paygate_core::payment::{NewPayment, Request};
use paygate_core::proof::{Fact, Proof, Scope, Violation};
use paygate_core::provider::{ClaimPolicy, Verdict, settle};
use paygate_core::status::Status;
use paygate_core::terms::Terms;
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::silent;
use paygate_ports::{Accepted, Examiner, Opened};
use std::collections::BTreeMap;
use std::sync::Mutex;
use uuid::Uuid;

/// Proves everything, and answers what does not hold.
pub async fn prove(store: &StoreUnderTest, scope: Scope) -> Vec<Violation> {
    struct Prover<'a>(Proof<'a>);
    impl Examiner for Prover<'_> {
        fn see(&mut self, fact: Fact) {
            self.0.see(fact);
        }
    }
    let violations = Mutex::new(Vec::new());
    let keep = |violation| violations.lock().unwrap().push(violation);
    let mut prover = Prover(Proof::new(scope, chrono::TimeDelta::hours(1), keep));
    store.audit.examine(scope, &mut prover).await.unwrap();
    let _ = prover.0.finish();
    violations.lock().unwrap().clone()
}

pub async fn every_change_past_the_ports_is_found(store: StoreUnderTest) {
    let Some(unguarded) = &store.unguarded else { return };
    let ledger = Ledger::build(&store).await;
    assert_eq!(prove(&store, Scope::Whole).await, [], "the ledger holds to begin with");
    let mutations = ledger.mutations(&store).await;
    assert!(mutations.len() > 200, "{}", mutations.len());
    let (mut refused, mut missed) = (Vec::new(), Vec::new());
    for Mutation { table, row, column, from, to } in &mutations {
        let set =
            |value: &str, row: &str| format!("UPDATE {table} SET {column} = {value} WHERE {row}");
        if let Err(why) = unguarded(set(to, row)).await {
            // A key that is taken: what can't be written needs no finding.
            refused.push(format!("{}: {why}", set(to, row)));
            continue;
        }
        if prove(&store, Scope::Whole).await.is_empty() {
            missed.push(set(to, row));
        }
        // The row may be found by what was changed only.
        let key = row.replace(&format!("{column} = {from}"), &format!("{column} = {to}"));
        unguarded(set(from, &key)).await.unwrap();
    }
    assert_eq!(missed, [""; 0], "the proof misses these changes");
    assert!(refused.len() * 4 < mutations.len(), "too few could be tried: {refused:#?}");
    assert_eq!(prove(&store, Scope::Whole).await, [], "all was put back");
}

/// A change of one column of one row, in SQL literals.
struct Mutation {
    table: &'static str,
    row: String,
    column: &'static str,
    from: String,
    to: String,
}

/// A little of everything.
struct Ledger {
    wallets: Vec<AccountId>,
    payments: Vec<PaymentId>,
}

impl Ledger {
    async fn build(store: &StoreUnderTest) -> Self {
        let mut system = BTreeMap::new();
        for code in ["USD", "IDR"] {
            let mut wanted: Vec<_> = SystemAccount::ALL
                .iter()
                .map(|account| new_account(Role::System(*account), code))
                .collect();
            wanted.push(new_account(Role::Merchant(house()), code));
            for account in store.accounts.open(wanted).await.unwrap() {
                system.insert((account.role.clone(), code), account);
            }
        }
        let of = |role, code: &'static str| -> Account { system[&(role, code)].clone() };
        let equity = |code| of(Role::System(SystemAccount::OpeningEquity), code).id;
        let (mut payments, mut wallets) = (Vec::new(), Vec::new());
        for (code, opening) in [("USD", "100.00"), ("USD", "50.00"), ("IDR", "900000.00")] {
            let (id, balance) = open_wallet(store, code, opening, equity(code)).await;
            wallets.push(id);
            payments.push(balance);
        }
        let [first, second, rupiah] = [wallets[0], wallets[1], wallets[2]];
        let plain = |amount: &str, code| Terms::plain(money(amount, code));
        let usd = |amount: &str| plain(amount, "USD");
        let transfer = |terms, from, to| payment(Kind::Transfer, terms, from, to);
        let rate =
            Rate::parse(Currency::parse("USD").unwrap(), Currency::parse("IDR").unwrap(), "15500");
        let fx = AppliedRate {
            rate: rate.unwrap(),
            source: "test".into(),
            as_of: store.due.now().await.unwrap(),
        };
        let usd_currency = Currency::parse("USD").unwrap();
        let idr_currency = Currency::parse("IDR").unwrap();
        let crossing = |amount: &str| {
            let amount = money(amount, "USD");
            Terms::agree(amount, usd_currency, idr_currency, Some(fx.clone()), None).unwrap()
        };
        let acquirer = of(Role::System(SystemAccount::Acquirer), "USD").id;
        let merchant = of(Role::Merchant(house()), "USD").id;

        let settled = transfer(usd("10.00"), first, second);
        let crossed = transfer(crossing("3.33"), first, rupiah);
        let failed = transfer(usd("5000.00"), first, second);
        let held = NewPayment { hold: true, ..transfer(crossing("7.00"), first, rupiah) };
        let captured = NewPayment { hold: true, ..transfer(crossing("8.00"), second, rupiah) };
        let voided = NewPayment { hold: true, ..transfer(usd("1.00"), second, first) };
        let charged = payment(Kind::Charge, usd("20.00"), acquirer, merchant);
        let pending = transfer(usd("0.50"), first, second);
        let ids =
            [&settled, &crossed, &failed, &held, &captured, &voided, &charged].map(|it| it.id);
        let all = vec![
            settled.clone(),
            crossed.clone(),
            failed,
            held,
            captured.clone(),
            voided.clone(),
            charged.clone(),
            pending.clone(),
        ];
        accept(store, &all).await;
        process(store, &ids).await;
        let (capture_id, void_id, charge_id) = (captured.id, voided.id, charged.id);
        let more = silent(move |book| {
            capture(book, capture_id, Some(250), &Actor::Operator).unwrap();
            void(book, void_id, &Actor::Operator).unwrap();
            settle(book, charge_id, 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
        });
        let ids = vec![capture_id, void_id, charge_id];
        store.payments.transact(ids, Loads::Accounts, more).await.unwrap();

        let refund = |of: &NewPayment, minor: i64| NewPayment {
            parent: Some(of.id),
            ..payment(
                Kind::Refund,
                Terms {
                    debit: paygate_core::money::Money { minor: 1, ..of.terms.credit },
                    ..Terms::plain(paygate_core::money::Money { minor, ..of.terms.debit })
                },
                of.destination,
                of.source,
            )
        };
        // A part, a whole across currencies, a part of a partial capture, one under way.
        let refunds = vec![
            refund(&settled, 400),
            refund(&crossed, 333),
            refund(&captured, 100),
            NewPayment { terms: usd("6.00"), ..refund(&charged, 600) },
        ];
        accept(store, &refunds).await;
        let refund_ids: Vec<PaymentId> = refunds.iter().map(|it| it.id).collect();
        process(store, &refund_ids).await;
        payments.extend(all.iter().chain(&refunds).map(|it| it.id));
        Self { wallets, payments }
    }

    async fn mutations(&self, store: &StoreUnderTest) -> Vec<Mutation> {
        let mut all = Vec::new();
        for (at, id) in self.payments.iter().enumerate() {
            let other = self.payments[(at + 1) % self.payments.len()];
            self.payment_mutations(store, *id, &mut all).await;
            self.timeline_mutations(store, *id, other, &mut all).await;
            self.journal_mutations(store, *id, other, &mut all).await;
        }
        for id in &self.wallets {
            account_mutations(store, *id, &mut all).await;
        }
        all
    }

    async fn payment_mutations(
        &self,
        store: &StoreUnderTest,
        id: PaymentId,
        all: &mut Vec<Mutation>,
    ) {
        let record = store.reader.payment(id).await.unwrap().unwrap();
        let payment = &record.payment;
        let row = format!("id = {}", store.id(id.0));
        let mut put = |column, from: String, to: String| {
            all.push(Mutation { table: "payments", row: row.clone(), column, from, to });
        };
        for status in Status::ALL.iter().filter(|it| **it != payment.status) {
            put("status", format!("'{}'", payment.status), format!("'{status}'"));
        }
        put("transitions", payment.transitions.to_string(), (payment.transitions + 1).to_string());
        // What follows takes part in an entry or a hold only where there is one.
        let moved = matches!(payment.status, Status::Success | Status::Reversed);
        if !moved && payment.held().is_none() {
            return;
        }
        let number = |minor: i64| (minor.to_string(), (minor + 1).to_string());
        let (from, to) = number(payment.amount.minor);
        put("amount_minor", from, to);
        let (from, to) = number(payment.refunded_minor);
        put("refunded_minor", from, to);
        let (from, to) = number(payment.refunding_minor);
        put("refunding_minor", from, to);
        let code = |money: paygate_core::money::Money| format!("'{}'", money.currency);
        put("currency", code(payment.amount), "'SGD'".to_owned());
        if payment.debit.currency != payment.credit.currency {
            let (from, to) = number(payment.debit.minor);
            put("debit_minor", from, to);
            let (from, to) = number(payment.credit.minor);
            put("credit_minor", from, to);
            put("debit_currency", code(payment.debit), "'SGD'".to_owned());
            if moved {
                put("credit_currency", code(payment.credit), "'SGD'".to_owned());
            }
        }
        if let Some(captured) = payment.captured_minor {
            let (from, to) = number(captured);
            put("captured_minor", from, to);
        }
        if let Some(parent) = payment.parent {
            let other = self.payments.iter().find(|it| **it != parent && **it != id).unwrap();
            put("parent_id", store.id(parent.0), store.id(other.0));
        }
        let taken = [payment.source, payment.destination];
        let other = self.wallets.iter().find(|it| !taken.contains(it)).unwrap();
        put("source_id", store.id(payment.source.0), store.id(other.0));
        if moved {
            put("destination_id", store.id(payment.destination.0), store.id(other.0));
        }
    }

    async fn timeline_mutations(
        &self,
        store: &StoreUnderTest,
        id: PaymentId,
        other: PaymentId,
        all: &mut Vec<Mutation>,
    ) {
        for step in store.reader.timeline(id).await.unwrap() {
            let row = format!("payment_id = {} AND seq = {}", store.id(id.0), step.seq);
            let mut put = |column, from: String, to: String| {
                let table = "payment_transitions";
                all.push(Mutation { table, row: row.clone(), column, from, to });
            };
            put("seq", step.seq.to_string(), (step.seq + 7).to_string());
            put("payment_id", store.id(id.0), store.id(other.0));
            put("payment_id", store.id(id.0), store.id(Uuid::from_u128(77)));
            for status in Status::ALL {
                let to = format!("'{status}'");
                if *status != step.from {
                    put("from_status", format!("'{}'", step.from), to.clone());
                }
                if *status != step.to {
                    put("to_status", format!("'{}'", step.to), to);
                }
            }
        }
    }

    async fn journal_mutations(
        &self,
        store: &StoreUnderTest,
        id: PaymentId,
        other: PaymentId,
        all: &mut Vec<Mutation>,
    ) {
        let nobody = store.id(Uuid::from_u128(77));
        for entry in store.journal.entries_of(id).await.unwrap() {
            let seq = entry.transition_seq;
            for posting in &entry.postings {
                let account = store.id(posting.account.0);
                let row =
                    format!("account_id = {account} AND account_seq = {}", posting.account_seq);
                let number = |minor: i64| (minor.to_string(), (minor + 1).to_string());
                let stranger = self.wallets.iter().find(|it| **it != posting.account).unwrap();
                let (amount, balance) =
                    (number(posting.amount.minor), number(posting.balance_after_minor));
                for (column, from, to) in [
                    ("amount_minor", amount.0, amount.1),
                    ("balance_after_minor", balance.0, balance.1),
                    ("currency", format!("'{}'", posting.amount.currency), "'SGD'".to_owned()),
                    ("account_seq", posting.account_seq.to_string(), "99".to_owned()),
                    ("account_id", account.clone(), store.id(stranger.0)),
                    ("account_id", account.clone(), nobody.clone()),
                    ("payment_id", store.id(id.0), store.id(other.0)),
                    ("payment_id", store.id(id.0), nobody.clone()),
                    ("transition_seq", seq.to_string(), (seq + 7).to_string()),
                ] {
                    all.push(Mutation { table: "postings", row: row.clone(), column, from, to });
                }
            }
        }
    }
}

async fn account_mutations(store: &StoreUnderTest, id: AccountId, all: &mut Vec<Mutation>) {
    let account = store.accounts.account(id).await.unwrap().unwrap();
    let number = |minor: i64| (minor.to_string(), (minor + 1).to_string());
    let (posted, held, seq) =
        (number(account.posted_minor), number(account.held_minor), number(account.last_seq));
    let row = format!("id = {}", store.id(id.0));
    for (column, from, to) in [
        ("id", store.id(id.0), store.id(Uuid::from_u128(77))),
        ("currency", format!("'{}'", account.currency), "'SGD'".to_owned()),
        ("posted_minor", posted.0, posted.1),
        ("held_minor", held.0, held.1),
        ("last_seq", seq.0, seq.1),
        ("system_code", "NULL".to_owned(), "'bank'".to_owned()),
    ] {
        all.push(Mutation { table: "accounts", row: row.clone(), column, from, to });
    }
}

async fn accept(store: &StoreUnderTest, payments: &[NewPayment]) {
    for accepted in store.payments.accept(payments.to_vec()).await.unwrap() {
        assert!(matches!(accepted, Accepted::Created(_)), "{accepted:?}");
    }
}

async fn process(store: &StoreUnderTest, ids: &[PaymentId]) {
    let named = ids.to_vec();
    let decide = silent(move |book| {
        for id in &named {
            work::process(book, *id, &WorkPolicy::default()).unwrap();
        }
    });
    store.payments.transact(ids.to_vec(), Loads::ForClaims, decide).await.unwrap();
}

async fn open_wallet(
    store: &StoreUnderTest,
    code: &str,
    opening: &str,
    equity: AccountId,
) -> (AccountId, PaymentId) {
    let id = AccountId(payment_id().0);
    let balance = payment(Kind::Opening, Terms::plain(money(opening, code)), equity, id);
    let balance_id = balance.id;
    let wallet = NewWallet {
        id,
        number: AccountNumber::from_random(Uuid::as_u64_pair(&id.0).1),
        currency: Currency::parse(code).unwrap(),
        owner: owned_by("default"),
        overdraft: false,
        name: None,
        alias: None,
        metadata: None,
        key: None,
        hash: RequestHash([0; 32]),
    };
    let opened = store.accounts.create(wallet, Some(balance)).await.unwrap();
    assert!(matches!(opened, Opened::Created(_)), "{opened:?}");
    (id, balance_id)
}

fn payment(kind: Kind, terms: Terms, source: AccountId, destination: AccountId) -> NewPayment {
    let request = new_payment(source, destination, terms.amount).request;
    let request = Request { reference: None, ..request };
    NewPayment {
        id: payment_id(),
        kind,
        terms,
        source,
        destination,
        parent: None,
        hold: false,
        request,
    }
}
