//! Random histories of all operations: a store must end where a plain `Book` in memory ends, state
//! by state, balance by balance, rejection by rejection.

use super::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{merchant, new_account, new_payment, owned_by, payment_id};
use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountNumber, NewWallet, Role, SystemAccount};
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::fx::AppliedRate;
use paygate_core::fx::table::{DEFAULT_RATES, RateTable};
use paygate_core::hold::{capture, void};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{Actor, RequestHash};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{NewPayment, Payment, Request};
use paygate_core::provider::{ClaimPolicy, Decline, Verdict, settle};
use paygate_core::status::Status;
use paygate_core::terms::{Terms, needed_rate};
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::silent;
use paygate_ports::{Accepted, Opened};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// How many histories, and how long each is.
const HISTORIES: u64 = 6;
const STEPS: usize = 50;
/// Exponents 2, 2 and 0.
const CURRENCIES: [&str; 3] = ["USD", "IDR", "JPY"];

/// A decision that tells what it came to.
type Decision = Arc<dyn Fn(&mut Book) -> String + Send + Sync>;

/// What a store must agree with.
#[derive(Default)]
struct World {
    payments: BTreeMap<PaymentId, Payment>,
    accounts: BTreeMap<AccountId, Account>,
}

impl World {
    fn decide(&mut self, now: Timestamp, decision: &Decision) -> String {
        let payments = self.payments.values().cloned().collect();
        let mut book = Book::new(now, payments, self.accounts.values().cloned().collect());
        let said = decision(&mut book);
        let changes = book.into_changes();
        self.payments.extend(changes.payments.into_iter().map(|it| (it.id, it)));
        self.accounts.extend(changes.accounts.into_iter().map(|it| (it.id, it)));
        said
    }
}

/// Numbers that look random and come again with the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn one_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        let count = u64::try_from(items.len()).unwrap();
        (count > 0).then(|| items[usize::try_from(self.roll(count)).unwrap()].clone())
    }
}

struct History<'a> {
    store: &'a StoreUnderTest,
    world: World,
    dice: Dice,
    wallets: Vec<Account>,
    merchants: Vec<(AccountId, Account)>,
    now: Timestamp,
}

pub async fn random_histories_end_as_in_a_book(store: StoreUnderTest) {
    for seed in 0..HISTORIES {
        let mut history = History::begin(&store, seed).await;
        for step in 0..STEPS {
            let told = history.step().await;
            history.compare(&format!("seed {seed}, step {step}: {told}")).await;
        }
        let reached = |status| history.world.payments.values().any(|it| it.status == status);
        assert!(
            reached(Status::Success) && reached(Status::Failed),
            "seed {seed} tries too little"
        );
        assert_ledger_holds(&store).await;
    }
}

impl<'a> History<'a> {
    async fn begin(store: &'a StoreUnderTest, seed: u64) -> Self {
        let (mut world, mut wallets, mut merchants) = (World::default(), Vec::new(), Vec::new());
        for code in CURRENCIES {
            let roles = [
                Role::System(SystemAccount::Acquirer),
                Role::System(SystemAccount::FxLiquidity),
                Role::System(SystemAccount::OpeningEquity),
                Role::Merchant(merchant(&format!("seed-{seed}"))),
            ];
            let wanted = roles.into_iter().map(|role| new_account(role, code)).collect();
            let opened = store.accounts.open(wanted).await.unwrap();
            for account in &opened {
                world.accounts.insert(account.id, account.clone());
            }
            merchants.push((opened[0].id, opened[3].clone()));
            for opening in [1_000_000, 0] {
                wallets.push(open_wallet(store, &mut world, code, opening).await);
            }
        }
        let now = store.due.now().await.unwrap();
        Self { store, world, dice: Dice(seed), wallets, merchants, now }
    }

    /// Takes a step of either kind and answers what it was and came to.
    async fn step(&mut self) -> String {
        match self.dice.roll(12) {
            0..=3 => {
                let count = self.dice.roll(4) + 1;
                let transfers = (0..count).map(|_| self.transfer()).collect();
                self.accept_and_process(transfers).await
            }
            4 => {
                let charge = self.charge();
                self.accept_and_process(vec![charge]).await
            }
            5 | 6 => match self.refund() {
                Some(refund) => self.accept_and_process(vec![refund]).await,
                None => "nothing to refund".to_owned(),
            },
            7 => {
                let ids: Vec<PaymentId> = self.world.payments.keys().copied().collect();
                let again = (0..3).filter_map(|_| self.dice.one_of(&ids)).collect();
                self.process(again).await
            }
            8 => {
                let id = self.any(|payment| payment.hold);
                let part = i64::try_from(self.dice.roll(6_000)).unwrap();
                let part = (part % 2 == 0).then_some(part);
                self.at_once(id, move |book, id| {
                    format!("{:?}", capture(book, id, part, &Actor::Operator))
                })
                .await
            }
            9 => {
                let id = self.any(|payment| payment.hold);
                self.at_once(id, |book, id| format!("{:?}", void(book, id, &Actor::Operator))).await
            }
            10 => {
                let id = self.any(|payment| payment.attempts > 0);
                let verdict = match self.dice.roll(3) {
                    0 => Verdict::Declined(Decline::Generic),
                    1 => Verdict::Unknown,
                    _ => Verdict::Approved,
                };
                let attempt = 1 + i32::try_from(self.dice.roll(2)).unwrap();
                let policy = ClaimPolicy { max_attempts: 2, ..ClaimPolicy::default() };
                self.at_once(id, move |book, id| {
                    format!("{:?}", settle(book, id, attempt, verdict, &policy))
                })
                .await
            }
            _ => self.close().await,
        }
    }

    fn any(&mut self, suits: impl Fn(&Payment) -> bool) -> Option<PaymentId> {
        let ids: Vec<PaymentId> =
            self.world.payments.values().filter(|it| suits(it)).map(|it| it.id).collect();
        self.dice.one_of(&ids)
    }

    fn transfer(&mut self) -> NewPayment {
        let source = self.dice.one_of(&self.wallets.clone()).unwrap();
        let others: Vec<Account> =
            self.wallets.iter().filter(|it| it.id != source.id).cloned().collect();
        let destination = self.dice.one_of(&others).unwrap();
        let table = RateTable::parse(DEFAULT_RATES).unwrap();
        // Not every amount is worth a unit of every currency.
        let terms = loop {
            let minor = i64::try_from(self.dice.roll(300_000) + 1).unwrap();
            let named = [source.currency, destination.currency];
            let amount = Money { minor, currency: self.dice.one_of(&named).unwrap() };
            let needed = needed_rate(amount.currency, source.currency, destination.currency);
            let fx = needed.unwrap().map(|(base, quote)| AppliedRate {
                rate: table.rate(base, quote).unwrap(),
                source: "model".to_owned(),
                as_of: self.now,
            });
            let terms = Terms::agree(amount, source.currency, destination.currency, fx, None);
            if let Ok(terms) = terms {
                break terms;
            }
        };
        let hold = self.dice.roll(3) == 0;
        NewPayment { hold, ..payment(Kind::Transfer, terms, source.id, destination.id) }
    }

    fn charge(&mut self) -> NewPayment {
        let (acquirer, merchant) = self.dice.one_of(&self.merchants.clone()).unwrap();
        let minor = i64::try_from(self.dice.roll(50_000) + 1).unwrap();
        let amount = Money { minor, currency: merchant.currency };
        payment(Kind::Charge, Terms::plain(amount), acquirer, merchant.id)
    }

    fn refund(&mut self) -> Option<NewPayment> {
        let of = self.any(|it| it.kind.is_refundable())?;
        let original = self.world.payments[&of].clone();
        let all = original.moved().0.minor;
        let minor = match self.dice.roll(3) {
            0 => all,
            _ => i64::try_from(self.dice.roll(u64::try_from(all).unwrap()) + 1).unwrap(),
        };
        let amount = Money { minor, currency: original.debit.currency };
        let debit = paygate_core::refund::taken_back(&original, minor);
        let terms = Terms { amount, debit, credit: amount, fx: None, quote: None };
        let refund = payment(Kind::Refund, terms, original.destination, original.source);
        Some(NewPayment { parent: Some(of), ..refund })
    }

    async fn accept_and_process(&mut self, new: Vec<NewPayment>) -> String {
        let ids: Vec<PaymentId> = new.iter().map(|it| it.id).collect();
        for (payment, accepted) in
            new.iter().zip(self.store.payments.accept(new.clone()).await.unwrap())
        {
            let Accepted::Created(at) = accepted else { panic!("{accepted:?}: {payment:?}") };
            self.world.payments.insert(payment.id, payment.clone().accepted(at).payment);
        }
        self.process(ids).await
    }

    /// What a worker does with hints. A hold ends at once, or never here.
    async fn process(&mut self, mut ids: Vec<PaymentId>) -> String {
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return "nothing to process".to_owned();
        }
        let mut policy = WorkPolicy::default();
        policy.claim.lease = chrono::TimeDelta::zero();
        if self.dice.roll(4) == 0 {
            policy.hold_for = chrono::TimeDelta::zero();
        }
        let named = ids.clone();
        let decision: Decision = Arc::new(move |book: &mut Book| {
            let each = named.iter().map(|id| work::process(book, *id, &policy));
            format!("{:?}", each.collect::<Vec<_>>())
        });
        let told = format!("process {} payments", ids.len());
        self.both(&decision, told, Via::Claim(ids)).await
    }

    async fn at_once(
        &mut self,
        id: Option<PaymentId>,
        decide: impl Fn(&mut Book, PaymentId) -> String + Send + Sync + 'static,
    ) -> String {
        let Some(id) = id else { return "nothing to decide".to_owned() };
        let decision: Decision = Arc::new(move |book: &mut Book| decide(book, id));
        self.both(&decision, format!("decide on {id}"), Via::Transact(id)).await
    }

    /// Decides in the store, then in the world at the store's time, and compares what was said.
    async fn both(&mut self, decision: &Decision, told: String, via: Via) -> String {
        let said = Arc::new(Mutex::new((String::new(), self.now)));
        let (slot, decide) = (Arc::clone(&said), Arc::clone(decision));
        let in_store = silent(move |book| {
            *slot.lock().unwrap() = (decide(book), book.now());
        });
        match via {
            Via::Claim(ids) => self.store.payments.transact(ids, Loads::ForClaims, in_store),
            Via::Transact(id) => self.store.payments.transact(vec![id], Loads::Accounts, in_store),
        }
        .await
        .unwrap();
        let (said, now) = said.lock().unwrap().clone();
        self.now = now;
        assert_eq!(said, self.world.decide(now, decision), "{told}");
        format!("{told}: {said}")
    }

    async fn close(&mut self) -> String {
        let wallet = self.dice.one_of(&self.wallets.clone()).unwrap();
        let account = self.world.accounts.get_mut(&wallet.id).unwrap();
        let expected = account.closable();
        account.closed |= expected.is_ok();
        let closed = self.store.accounts.close(wallet.id).await.unwrap().unwrap();
        assert_eq!(closed.map(|_| ()), expected, "close");
        format!("close: {expected:?}")
    }

    async fn compare(&self, told: &str) {
        for (id, expected) in &self.world.payments {
            let found = self.store.reader.payment(*id).await.unwrap().unwrap().payment;
            same(&found, expected, told);
        }
        for (id, expected) in &self.world.accounts {
            let mut found = self.store.accounts.account(*id).await.unwrap().unwrap();
            found.last_entry_at = expected.last_entry_at;
            // The system's accounts are shared with other histories, which are over.
            same(&found, expected, told);
        }
    }
}

enum Via {
    Claim(Vec<PaymentId>),
    Transact(PaymentId),
}

fn same<T: PartialEq + Debug>(found: &T, expected: &T, told: &str) {
    assert_eq!(found, expected, "{told}");
}

fn payment(kind: Kind, terms: Terms, source: AccountId, destination: AccountId) -> NewPayment {
    let request = new_payment(source, destination, terms.amount).request;
    let request = Request { reference: None, ..request };
    let id = payment_id();
    NewPayment { id, kind, terms, source, destination, parent: None, hold: false, request }
}

async fn open_wallet(
    store: &StoreUnderTest,
    world: &mut World,
    code: &str,
    opening_minor: i64,
) -> Account {
    let (id, currency) = (AccountId(payment_id().0), Currency::parse(code).unwrap());
    let equity = world.accounts.values().find(|it| {
        it.role == Role::System(SystemAccount::OpeningEquity) && it.currency == currency
    });
    let equity = equity.unwrap().id;
    let opening = (opening_minor > 0).then(|| {
        let amount = Money { minor: opening_minor, currency };
        payment(Kind::Opening, Terms::plain(amount), equity, id)
    });
    let wallet = NewWallet {
        id,
        number: AccountNumber::from_random(Uuid::as_u64_pair(&id.0).1),
        currency,
        owner: owned_by("default"),
        overdraft: false,
        name: None,
        alias: None,
        metadata: None,
        key: None,
        hash: RequestHash([0; 32]),
    };
    let opened = store.accounts.create(wallet, opening).await.unwrap();
    let Opened::Created(record) = opened else { panic!("{opened:?}") };
    world.accounts.insert(id, record.account.clone());
    let equity = store.accounts.account(equity).await.unwrap().unwrap();
    world.accounts.insert(equity.id, equity);
    record.account
}
