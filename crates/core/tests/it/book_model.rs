//! A second, naive account of what a `Book` may do: random books and operations, and the set of
//! rules an operation breaks, computed in 128 bits from what the book shows of itself.

use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountNumber, Role, SystemAccount};
use paygate_core::book::{Book, Rejection, Step};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::Leg;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Actor, Failure, Payment, Reason};
use paygate_core::status::{Kind, Status};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many payments and accounts a book has; one more of each is named and does not exist.
pub const PAYMENTS: u128 = 3;
pub const ACCOUNTS: u128 = 5;

#[derive(Clone, Debug)]
pub enum Operation {
    Post(PaymentId, Vec<Leg>, Status),
    Transition(PaymentId, Status),
    Lease(PaymentId, i64),
    RetryAt(PaymentId, i64),
    Release(PaymentId),
}

impl Operation {
    pub fn payment(&self) -> PaymentId {
        match self {
            Self::Post(id, ..)
            | Self::Transition(id, _)
            | Self::Lease(id, _)
            | Self::RetryAt(id, _)
            | Self::Release(id) => *id,
        }
    }

    pub fn apply(&self, book: &mut Book) -> Result<(), Rejection> {
        match self {
            Self::Post(id, legs, to) => book.post(*id, legs, &step(*to)),
            Self::Transition(id, to) => book.transition(*id, &step(*to)),
            Self::Lease(id, until) => book.lease(*id, at(*until)),
            Self::RetryAt(id, when) => book.retry_at(*id, at(*when)),
            Self::Release(id) => book.release(*id),
        }
    }

    /// The codes of the rules this breaks in that book; none means that it must succeed.
    pub fn broken_rules(&self, book: &Book) -> BTreeSet<&'static str> {
        let mut broken = BTreeSet::new();
        let Some(payment) = book.payment(self.payment()) else {
            broken.insert("unknown-payment");
            return broken;
        };
        match self {
            Self::Transition(_, to) => broken.extend(step_rules(payment, *to)),
            Self::Post(_, legs, to) => {
                broken.extend(step_rules(payment, *to));
                broken.extend(sum_rules(legs));
                for leg in legs {
                    broken.extend(leg_rules(book.account(leg.account), leg));
                }
            }
            Self::Lease(..) if payment.attempts == i32::MAX => _ = broken.insert("overflow"),
            Self::Release(_) if payment.attempts < 1 => _ = broken.insert("overflow"),
            Self::Lease(..) | Self::RetryAt(..) | Self::Release(_) => {}
        }
        broken
    }
}

fn step_rules(payment: &Payment, to: Status) -> Vec<&'static str> {
    let mut broken = Vec::new();
    if !payment.status.may_become(to) {
        broken.push("illegal-transition");
    }
    if payment.transitions == i32::MAX {
        broken.push("overflow");
    }
    broken
}

fn sum_rules(legs: &[Leg]) -> Option<&'static str> {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for leg in legs {
        *sums.entry(leg.amount.currency.code()).or_default() += i128::from(leg.amount.minor);
    }
    let once = legs.iter().map(|leg| leg.account).collect::<BTreeSet<_>>().len() == legs.len();
    let balanced = legs.len() > 1 && once && sums.values().all(|sum| *sum == 0);
    (!balanced).then_some("unbalanced")
}

fn leg_rules(account: Option<&Account>, leg: &Leg) -> Vec<&'static str> {
    let Some(account) = account else { return vec!["account-not-found"] };
    let mut broken = Vec::new();
    if account.currency != leg.amount.currency {
        broken.push("currency-mismatch");
    }
    let posted = i128::from(account.posted_minor) + i128::from(leg.amount.minor);
    let available = posted - i128::from(account.held_minor);
    let fits = |value: i128| i64::try_from(value).is_ok();
    if !fits(posted) || !fits(available) || account.last_seq == i64::MAX {
        broken.push("overflow");
    }
    if leg.amount.minor < 0 && available < 0 && !account.overdraft {
        broken.push("insufficient-funds");
    }
    broken
}

fn step(to: Status) -> Step {
    let detail = "because".to_owned();
    Step { to, actor: Actor::Worker, reason: Reason::Settled, detail }
}

pub fn at(seconds: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn payment_id() -> impl Strategy<Value = PaymentId> {
    (0..=PAYMENTS).prop_map(|index| PaymentId(Uuid::from_u128(index)))
}

fn currency(index: u128) -> Currency {
    Currency::parse(if index < 3 { "USD" } else { "JPY" }).unwrap()
}

/// Amounts of every size, the ends of 64 bits among them.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0i64..1_000,
        2 => any::<i64>(),
        1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX]),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL)
}

fn leg(index: u128, minor: i64, currency: Currency) -> Leg {
    Leg { account: AccountId(Uuid::from_u128(index)), amount: Money { minor, currency } }
}

/// Mostly balanced pairs, of one currency or two, and some that are anything at all.
fn legs() -> impl Strategy<Value = Vec<Leg>> {
    let pair = (0..3u128, 1..3u128, minor()).prop_map(|(from, by, minor)| {
        let usd = currency(0);
        vec![leg(from, minor.saturating_neg(), usd), leg((from + by) % 3, minor, usd)]
    });
    let pair = pair.boxed();
    let yen = (any::<bool>(), minor()).prop_map(|(swap, minor)| {
        let (from, to) = if swap { (3, 4) } else { (4, 3) };
        vec![leg(from, minor.saturating_neg(), currency(3)), leg(to, minor, currency(3))]
    });
    let yen = yen.boxed();
    let both = (pair.clone(), yen.clone()).prop_map(|(pair, yen)| [pair, yen].concat());
    let anything = (0..=ACCOUNTS, minor(), 0..ACCOUNTS)
        .prop_map(|(account, minor, money)| leg(account, minor, currency(money)));
    prop_oneof![5 => pair, 2 => yen, 2 => both, 1 => prop::collection::vec(anything, 0..5)]
}

pub fn operation() -> impl Strategy<Value = Operation> {
    let likely = prop::sample::select(vec![Status::Processing, Status::Success, Status::Failed]);
    let to = prop_oneof![3 => likely, 1 => status()].boxed();
    prop_oneof![
        6 => (payment_id(), legs(), to.clone()).prop_map(|(id, legs, to)| Operation::Post(id, legs, to)),
        2 => (payment_id(), to).prop_map(|(id, to)| Operation::Transition(id, to)),
        2 => (payment_id(), -40..40i64).prop_map(|(id, until)| Operation::Lease(id, until)),
        1 => (payment_id(), -40..40i64).prop_map(|(id, when)| Operation::RetryAt(id, when)),
        2 => payment_id().prop_map(Operation::Release),
    ]
}

fn payment(index: u128) -> impl Strategy<Value = Payment> {
    let count = || prop_oneof![8 => 0..4i32, 1 => Just(i32::MAX - 1), 1 => Just(i32::MAX)];
    let likely = prop::sample::select(vec![Status::Pending, Status::Processing]);
    (prop_oneof![4 => likely, 1 => status()], count(), count()).prop_map(
        move |(status, attempts, transitions)| Payment {
            id: PaymentId(Uuid::from_u128(index)),
            kind: Kind::Charge,
            amount: Money { minor: 100, currency: currency(0) },
            source: AccountId(Uuid::from_u128(0)),
            destination: AccountId(Uuid::from_u128(1)),
            status,
            failure: (status == Status::Failed)
                .then(|| Failure { code: Reason::Declined, detail: String::new() }),
            attempts,
            lease_until: None,
            parked: false,
            transitions,
            created_at: at(-60),
            updated_at: at(-60),
        },
    )
}

fn account(index: u128) -> impl Strategy<Value = Account> {
    // Even ones may be overdrawn; the others begin with nothing below zero.
    let overdraft = index.is_multiple_of(2);
    let held = prop_oneof![3 => Just(0), 1 => 0..500i64, 1 => Just(i64::MAX)];
    let seq = prop_oneof![9 => 0..9i64, 1 => Just(i64::MAX - 1)];
    let entry = prop::option::of(-30..30i64);
    (minor(), held, seq, entry).prop_map(move |(posted, held, last_seq, entry)| {
        let posted = if overdraft { posted } else { posted.saturating_abs() };
        let held = if overdraft { held } else { held.min(posted) };
        Account {
            id: AccountId(Uuid::from_u128(index)),
            number: AccountNumber::from_random(7),
            currency: currency(index),
            role: Role::System(SystemAccount::Bank),
            overdraft,
            posted_minor: posted,
            held_minor: held,
            last_seq,
            last_entry_at: entry.map(at),
        }
    })
}

/// The rows a book is opened on.
pub fn rows() -> impl Strategy<Value = (Vec<Payment>, Vec<Account>)> {
    let payments: Vec<_> = (0..PAYMENTS).map(payment).collect();
    let accounts: Vec<_> = (0..ACCOUNTS).map(account).collect();
    (payments, accounts)
}
