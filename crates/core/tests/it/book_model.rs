//! A second, naive account of what a `Book` may do: random books and operations, and the set of
//! rules an operation breaks, computed in 128 bits from what the book shows of itself.

use paygate_core::Timestamp;
use paygate_core::account::headroom::BALANCE_LIMIT_MINOR;
use paygate_core::account::{Account, AccountNumber, Role, SystemAccount};
use paygate_core::book::{Book, Rejection, Step};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::journal::Leg;
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Failure, Payment, Reason};
use paygate_core::status::Status;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How many payments and accounts a book has; one more of each is named and does not exist.
pub const PAYMENTS: u128 = 3;
pub const ACCOUNTS: u128 = 5;

#[derive(Clone, Debug)]
pub enum Operation {
    Post(PaymentId, Vec<Leg>, Status),
    Capture(PaymentId, i64, Vec<Leg>, Status),
    Transition(PaymentId, Status),
    Authorize(PaymentId, i64),
    Lease(PaymentId, i64),
    RetryAt(PaymentId, i64),
    Release(PaymentId),
}

impl Operation {
    pub fn payment(&self) -> PaymentId {
        match self {
            Self::Post(id, ..)
            | Self::Capture(id, ..)
            | Self::Transition(id, _)
            | Self::Authorize(id, _)
            | Self::Lease(id, _)
            | Self::RetryAt(id, _)
            | Self::Release(id) => *id,
        }
    }

    pub fn apply(&self, book: &mut Book) -> Result<(), Rejection> {
        match self {
            Self::Post(id, legs, to) => book.post(*id, legs, &step(*to)),
            Self::Capture(id, part, legs, to) => book.capture(*id, *part, legs, &step(*to)),
            Self::Transition(id, to) => book.transition(*id, &step(*to)),
            Self::Authorize(id, until) => book.authorize(*id, at(*until)),
            Self::Lease(id, until) => book.lease(*id, at(*until)),
            Self::RetryAt(id, when) => book.retry_at(*id, at(*when)),
            Self::Release(id) => book.release(*id),
        }
    }

    /// The state it leads to, if it is a step, and what it posts, if it must.
    fn step(&self) -> Option<(Status, Option<&[Leg]>)> {
        match self {
            Self::Post(_, legs, to) | Self::Capture(_, _, legs, to) => Some((*to, Some(legs))),
            Self::Transition(_, to) => Some((*to, None)),
            Self::Authorize(..) => Some((Status::Authorized, None)),
            Self::Lease(..) | Self::RetryAt(..) | Self::Release(_) => None,
        }
    }

    /// The accounts it changes if it succeeds in that book.
    pub fn accounts(&self, book: &Book) -> BTreeSet<AccountId> {
        let (Some(payment), Some((to, legs))) = (book.payment(self.payment()), self.step()) else {
            return BTreeSet::new();
        };
        let holds = holds(payment, payment.status) != holds(payment, to);
        let legs = legs.unwrap_or_default().iter().map(|leg| leg.account);
        legs.chain(holds.then_some(payment.source)).collect()
    }

    /// The codes of the rules this breaks in that book; none means that it must succeed.
    pub fn broken_rules(&self, book: &Book) -> BTreeSet<&'static str> {
        let mut broken = BTreeSet::new();
        let step = self.step();
        if let Some((_, Some(legs))) = step {
            broken.extend(sum_rules(legs));
        }
        let Some(payment) = book.payment(self.payment()) else {
            broken.insert("unknown-payment");
            return broken;
        };
        if let Some((to, legs)) = step {
            broken.extend(step_rules(payment, to));
            let legs = legs.unwrap_or_default();
            broken.extend(hold_rules(book.account(payment.source), payment, to));
            for leg in legs {
                broken.extend(leg_rules(book.account(leg.account), leg));
            }
            for id in self.accounts(book) {
                if let Some(account) = book.account(id) {
                    broken.extend(spending_rules(account, payment, to, legs));
                }
            }
        }
        match self {
            Self::Lease(..) if payment.attempts == i32::MAX => _ = broken.insert("overflow"),
            Self::Release(_) if payment.attempts < 1 => _ = broken.insert("overflow"),
            _ => {}
        }
        broken
    }
}

/// What a payment would hold of its source in that state.
fn holds(payment: &Payment, status: Status) -> Option<i64> {
    let outgoing = matches!(payment.kind, Kind::Payout | Kind::Refund);
    let incoming = matches!(payment.kind, Kind::Charge | Kind::Deposit | Kind::Opening);
    let held = status == Status::Authorized
        || (status == Status::Processing && outgoing)
        || (status == Status::ManualReview && !incoming);
    held.then_some(payment.debit.minor)
}

/// By how much more of its source a payment holds after that step.
fn held_more(payment: &Payment, to: Status) -> i128 {
    let minor = |status| i128::from(holds(payment, status).unwrap_or(0));
    minor(to) - minor(payment.status)
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

fn hold_rules(source: Option<&Account>, payment: &Payment, to: Status) -> Vec<&'static str> {
    if holds(payment, payment.status) == holds(payment, to) {
        return vec![];
    }
    let Some(source) = source else { return vec!["account-not-found"] };
    let mut broken = Vec::new();
    if source.currency != payment.debit.currency {
        broken.push("currency-mismatch");
    }
    let more = held_more(payment, to);
    if !(0..=i128::from(i64::MAX)).contains(&(i128::from(source.held_minor) + more)) {
        broken.push("overflow");
    }
    if source.closed && more > 0 {
        broken.push("account-closed");
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
    if account.closed {
        broken.push("account-closed");
    }
    let posted = i128::from(account.posted_minor) + i128::from(leg.amount.minor);
    if i64::try_from(posted).is_err() || account.last_seq == i64::MAX {
        broken.push("overflow");
    }
    broken
}

/// What an account can spend after its legs and holds together.
fn spending_rules(
    account: &Account,
    payment: &Payment,
    to: Status,
    legs: &[Leg],
) -> Vec<&'static str> {
    let here = legs.iter().filter(|leg| leg.account == account.id);
    let posted: i128 = here.map(|leg| i128::from(leg.amount.minor)).sum();
    let held = if account.id == payment.source { held_more(payment, to) } else { 0 };
    let before = i128::from(account.posted_minor) - i128::from(account.held_minor);
    let after = before + posted - held;
    let mut broken = Vec::new();
    let limit = i128::from(BALANCE_LIMIT_MINOR);
    let arrived = posted > 0 && i128::from(account.posted_minor) + posted > limit;
    let left = after < before && after < -limit;
    let by_a_provider = matches!(payment.status, Status::Processing | Status::ManualReview);
    if i64::try_from(after).is_err() || (!by_a_provider && (arrived || left)) {
        broken.push("overflow");
    }
    if after < before && after < 0 && !account.overdraft {
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
        1 => (-2..2i64).prop_map(|by| BALANCE_LIMIT_MINOR + by),
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
    let captures = (payment_id(), 1..200i64, legs())
        .prop_map(|(id, part, legs)| Operation::Capture(id, part, legs, Status::Success));
    let to = prop_oneof![3 => likely, 1 => status()].boxed();
    prop_oneof![
        6 => (payment_id(), legs(), to.clone()).prop_map(|(id, legs, to)| Operation::Post(id, legs, to)),
        3 => (payment_id(), to).prop_map(|(id, to)| Operation::Transition(id, to)),
        3 => captures,
        3 => (payment_id(), 0..40i64).prop_map(|(id, until)| Operation::Authorize(id, until)),
        2 => (payment_id(), -40..40i64).prop_map(|(id, until)| Operation::Lease(id, until)),
        1 => (payment_id(), -40..40i64).prop_map(|(id, when)| Operation::RetryAt(id, when)),
        2 => payment_id().prop_map(Operation::Release),
    ]
}

/// Of any kind, from one of the dollar accounts, the one that does not exist or one in yen.
fn payment(index: u128) -> impl Strategy<Value = Payment> {
    let count = || prop_oneof![8 => 0..4i32, 1 => Just(i32::MAX - 1), 1 => Just(i32::MAX)];
    let likely = vec![Status::Pending, Status::Pending, Status::Processing, Status::Authorized];
    let state = prop_oneof![4 => prop::sample::select(likely), 1 => status()];
    let source = prop_oneof![12 => 0..3u128, 1 => Just(3), 1 => Just(ACCOUNTS)];
    let debit = prop_oneof![8 => 0..400i64, 1 => Just(i64::MAX)];
    let kind = prop::sample::select(Kind::ALL);
    (state, count(), count(), source, debit, kind).prop_map(
        move |(status, attempts, transitions, source, debit, kind)| {
            let amount = Money { minor: debit, currency: currency(0) };
            Payment {
                id: PaymentId(Uuid::from_u128(index)),
                kind,
                amount,
                debit: amount,
                credit: amount,
                source: AccountId(Uuid::from_u128(source)),
                destination: AccountId(Uuid::from_u128((source + 1) % 3)),
                parent: None,
                hold: true,
                status,
                failure: (status == Status::Failed)
                    .then(|| Failure { code: Reason::Declined, detail: String::new() }),
                captured_minor: None,
                refunded_minor: 0,
                refunding_minor: 0,
                expires_at: None,
                attempts,
                lease_until: None,
                parked: false,
                transitions,
                created_at: at(-60),
                updated_at: at(-60),
            }
        },
    )
}

fn account(index: u128) -> impl Strategy<Value = Account> {
    // Even ones may be overdrawn; the others begin with nothing below zero.
    let overdraft = index.is_multiple_of(2);
    let held = prop_oneof![3 => Just(0), 1 => 0..500i64, 1 => Just(i64::MAX)];
    let seq = prop_oneof![9 => 0..9i64, 1 => Just(i64::MAX - 1)];
    let entry = prop::option::of(-30..30i64);
    let closed = prop::bool::weighted(0.1);
    (minor(), held, seq, entry, closed).prop_map(move |(posted, held, last_seq, entry, closed)| {
        let posted = if overdraft { posted } else { posted.saturating_abs() };
        let held = if overdraft { held } else { held.min(posted) };
        Account {
            id: AccountId(Uuid::from_u128(index)),
            number: AccountNumber::from_random(7),
            currency: currency(index),
            role: Role::System(SystemAccount::Bank),
            overdraft,
            closed,
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
