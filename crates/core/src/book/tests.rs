//! The rules of the book, each by name: a broken rule gives its rejection and leaves the book as it
//! was, a kept one changes exactly what it should. Random sequences are in `tests/it`.

mod atomic;
mod holds;

use super::*;
use crate::fixtures::{self, at, money};
use crate::identity::Actor;
use crate::kind::Kind;
use uuid::Uuid;

const ACQUIRER: AccountId = AccountId(Uuid::from_u128(1));
const MERCHANT: AccountId = AccountId(Uuid::from_u128(2));
const YEN: AccountId = AccountId(Uuid::from_u128(3));
const YEN_LIQUIDITY: AccountId = AccountId(Uuid::from_u128(4));
const NOWHERE: AccountId = AccountId(Uuid::from_u128(99));
const PENDING: PaymentId = PaymentId(Uuid::from_u128(1));
const SETTLED: PaymentId = PaymentId(Uuid::from_u128(2));
const UNKNOWN: PaymentId = PaymentId(Uuid::from_u128(99));

fn account(id: AccountId, code: &str, overdraft: bool, posted_minor: i64) -> Account {
    Account { overdraft, posted_minor, last_seq: 5, ..fixtures::account(id, code) }
}

fn payment(id: PaymentId, status: Status) -> Payment {
    let payment = fixtures::payment(id, Kind::Charge, money(100, "USD"), (ACQUIRER, MERCHANT));
    Payment { status, transitions: 3, ..payment }
}

fn accounts() -> Vec<Account> {
    vec![
        account(ACQUIRER, "USD", true, -500),
        account(MERCHANT, "USD", false, 500),
        account(YEN, "JPY", false, 9),
        account(YEN_LIQUIDITY, "JPY", true, 0),
    ]
}

fn book() -> Book {
    let payments = vec![payment(PENDING, Status::Pending), payment(SETTLED, Status::Success)];
    Book::new(at(0), payments, accounts())
}

fn leg(account: AccountId, minor: i64, code: &str) -> Leg {
    Leg { account, amount: money(minor, code) }
}

fn step(to: Status) -> Step {
    Step { to, actor: Actor::Worker, reason: Reason::Settled, detail: "because".to_owned() }
}

/// Everything a book holds, to compare by.
fn whole(book: &Book) -> String {
    format!("{book:?}")
}

/// The operation is rejected for exactly that rule, and the book is as it was.
fn check_rejected<T: std::fmt::Debug>(
    case: &str,
    mut book: Book,
    operation: impl FnOnce(&mut Book) -> Result<T, Rejection>,
    expected: Rejection,
) {
    let before = whole(&book);
    assert_eq!(operation(&mut book).unwrap_err(), expected, "{case}");
    assert_eq!(whole(&book), before, "{case}: the book changed");
    assert!(book.into_changes().is_empty(), "{case}: something would be written");
}

fn with(change: impl FnOnce(&mut Payment, &mut Vec<Account>)) -> Book {
    let (mut payment, mut accounts) = (payment(PENDING, Status::Pending), accounts());
    change(&mut payment, &mut accounts);
    Book::new(at(0), vec![payment], accounts)
}

#[test]
fn a_posting_that_breaks_a_rule_is_rejected_by_its_name_and_changes_nothing() {
    use Rejection::*;
    let usd = |account, minor| leg(account, minor, "USD");
    let good = || vec![usd(ACQUIRER, -100), usd(MERCHANT, 100)];
    let refund = |minor: i64| vec![usd(MERCHANT, -minor), usd(ACQUIRER, minor)];
    let cases = [
        ("no legs", book(), vec![], Unbalanced),
        ("one leg", book(), vec![usd(MERCHANT, 100)], Unbalanced),
        ("one leg of nothing", book(), vec![usd(MERCHANT, 0)], Unbalanced),
        ("a sum below zero", book(), vec![usd(ACQUIRER, -100), usd(MERCHANT, 99)], Unbalanced),
        ("zero in no currency", book(), vec![usd(MERCHANT, -9), leg(YEN, 9, "JPY")], Unbalanced),
        ("an account twice", book(), [good(), refund(1)].concat(), Unbalanced),
        (
            "a sum that is zero in 64 bits",
            book(),
            vec![usd(ACQUIRER, i64::MIN), usd(MERCHANT, i64::MIN)],
            Unbalanced,
        ),
        ("a closed account", with(|_, accounts| accounts[1].closed = true), good(), AccountClosed),
        ("no such account", book(), vec![usd(NOWHERE, -1), usd(MERCHANT, 1)], UnknownAccount),
        ("another currency", book(), vec![usd(ACQUIRER, -1), usd(YEN, 1)], CurrencyMismatch),
        ("more than there is", book(), refund(501), InsufficientFunds),
        (
            "more than is free of holds",
            with(|_, accounts| accounts[1].held_minor = 450),
            refund(51),
            InsufficientFunds,
        ),
        (
            "a balance above 64 bits",
            with(|_, accounts| accounts[1].posted_minor = i64::MAX - 99),
            good(),
            Overflow,
        ),
        (
            "a balance below 64 bits, although it may be overdrawn",
            with(|_, accounts| accounts[0].posted_minor = i64::MIN + 99),
            good(),
            Overflow,
        ),
        (
            "an available balance below 64 bits",
            with(|_, accounts| {
                (accounts[0].posted_minor, accounts[0].held_minor) = (i64::MIN + 150, 51);
            }),
            good(),
            Overflow,
        ),
        (
            "a position beyond 64 bits",
            with(|_, accounts| accounts[1].last_seq = i64::MAX),
            good(),
            Overflow,
        ),
        (
            "a transition beyond 32 bits",
            with(|payment, _| payment.transitions = i32::MAX),
            good(),
            Overflow,
        ),
    ];
    for (case, book, legs, expected) in cases {
        let post = |book: &mut Book| book.post(PENDING, &legs, &step(Status::Success));
        check_rejected(case, book, post, expected);
    }
    let post = |id| move |book: &mut Book| book.post(id, &good(), &step(Status::Success));
    check_rejected("unknown payment", book(), post(UNKNOWN), UnknownPayment);
    let settled_twice = IllegalTransition { from: Status::Success, to: Status::Success };
    check_rejected("no such step", book(), post(SETTLED), settled_twice);
}

#[test]
fn the_other_operations_reject_by_name_and_change_nothing() {
    use Rejection::*;
    let full = || with(|payment, _| payment.attempts = i32::MAX);
    let last = || with(|payment, _| payment.transitions = i32::MAX);
    let odd = || with(|payment, _| payment.attempts = i32::MIN);
    let illegal = IllegalTransition { from: Status::Pending, to: Status::Reversed };
    let to = |to| move |book: &mut Book| book.transition(PENDING, &step(to));
    let unknown = step(Status::Failed);
    check_rejected("step", book(), |book| book.transition(UNKNOWN, &unknown), UnknownPayment);
    check_rejected("step", book(), to(Status::Reversed), illegal);
    check_rejected("step", last(), to(Status::Failed), Overflow);
    check_rejected("lease", book(), |book| book.lease(UNKNOWN, at(1)), UnknownPayment);
    check_rejected("lease", full(), |book| book.lease(PENDING, at(1)), Overflow);
    check_rejected("retry", book(), |book| book.retry_at(UNKNOWN, at(1)), UnknownPayment);
    check_rejected("release", book(), |book| book.release(UNKNOWN), UnknownPayment);
    check_rejected("release", book(), |book| book.release(PENDING), Overflow);
    check_rejected("release", odd(), |book| book.release(PENDING), Overflow);
}

#[test]
fn every_step_is_allowed_exactly_by_the_table() {
    for from in Status::ALL {
        for to in Status::ALL {
            let (payment, mut accounts) = (payment(PENDING, *from), accounts());
            accounts[0].held_minor = payment.held().map_or(0, |money| money.minor);
            let mut book = Book::new(at(0), vec![payment], accounts);
            let before = whole(&book);
            match book.transition(PENDING, &step(*to)) {
                Ok(()) => assert!(from.may_become(*to), "{from} to {to}"),
                Err(rejection) => {
                    assert!(!from.may_become(*to), "{from} to {to}");
                    let (from, to) = (*from, *to);
                    assert_eq!(rejection, Rejection::IllegalTransition { from, to });
                    assert_eq!(whole(&book), before);
                }
            }
        }
    }
}

#[test]
fn a_posting_moves_the_payment_and_both_balances() {
    let mut book = with(|payment, _| payment.lease_until = Some(at(30)));
    let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
    book.post(PENDING, &legs, &step(Status::Success)).unwrap();
    let changes = book.into_changes();

    let [moved] = &changes.payments[..] else { panic!("{:?}", changes.payments) };
    assert_eq!(
        (moved.status, moved.transitions, moved.failure.clone()),
        (Status::Success, 4, None)
    );
    assert_eq!((moved.lease_until, moved.updated_at), (None, at(0)));
    let posted: Vec<_> =
        changes.accounts.iter().map(|it| (it.id, it.posted_minor, it.last_seq)).collect();
    assert_eq!(posted, [(ACQUIRER, -600, 6), (MERCHANT, 600, 6)]);
    assert!(changes.accounts.iter().all(|account| account.last_entry_at == Some(at(0))));
    let posting = |leg: &Leg, balance_after_minor| Posting {
        account: leg.account,
        account_seq: 6,
        amount: leg.amount,
        balance_after_minor,
    };
    let postings = vec![posting(&legs[0], -600), posting(&legs[1], 600)];
    let entry = Entry { payment: PENDING, transition_seq: 4, at: at(0), postings };
    assert_eq!(changes.entries, [entry]);
    let transition = Transition {
        payment: PENDING,
        seq: 4,
        from: Status::Pending,
        to: Status::Success,
        actor: Actor::Worker,
        reason: Reason::Settled,
        at: at(0),
    };
    assert_eq!(changes.transitions, [transition]);
    assert!(changes.due.is_empty());
}

#[test]
fn what_is_decided_here_stays_within_the_limit_and_what_a_provider_moved_within_the_range() {
    use crate::account::headroom::BALANCE_LIMIT_MINOR as LIMIT;
    let (source, destination) = ((0, -100), (1, 100));
    let (ok, overflow) = (Ok(()), Err(Rejection::Overflow));
    for (from, (place, minor), posted, expected) in [
        (Status::Pending, destination, LIMIT - 100, ok),
        (Status::Pending, destination, LIMIT - 99, overflow),
        (Status::Pending, source, 100 - LIMIT, ok),
        (Status::Pending, source, 99 - LIMIT, overflow),
        (Status::Authorized, destination, LIMIT - 100, ok),
        (Status::Authorized, destination, LIMIT - 99, overflow),
        (Status::Processing, destination, LIMIT, ok),
        (Status::Processing, destination, i64::MAX - 100, ok),
        (Status::Processing, destination, i64::MAX - 99, overflow),
        (Status::Processing, source, i64::MIN + 100, ok),
        (Status::Processing, source, i64::MIN + 99, overflow),
        (Status::ManualReview, destination, i64::MAX - 100, ok),
        (Status::ManualReview, destination, i64::MAX - 99, overflow),
        // What comes back from beyond the limit is welcome.
        (Status::Pending, source, i64::MAX, ok),
        (Status::Pending, destination, i64::MIN, ok),
    ] {
        let mut book = with(|payment, accounts| {
            payment.status = from;
            accounts[0].held_minor = payment.held().map_or(0, |held| held.minor);
            accounts[place].posted_minor = posted;
            accounts[place].overdraft = true;
        });
        let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
        let case = format!("{minor} to {posted}, {from}");
        assert_eq!(book.post(PENDING, &legs, &step(Status::Success)), expected, "{case}");
        let after = book.into_changes().accounts.get(place).map(|it| it.posted_minor);
        assert_eq!(after, expected.ok().map(|()| posted + minor), "{case}");
    }
}

#[test]
fn a_hold_stays_within_the_limit_too() {
    use crate::account::headroom::BALANCE_LIMIT_MINOR as LIMIT;
    for (held, expected) in [(LIMIT - 600, Ok(())), (LIMIT - 599, Err(Rejection::Overflow))] {
        let mut book = with(|_, accounts| accounts[0].held_minor = held);
        assert_eq!(book.authorize(PENDING, at(9)), expected, "{held} is held");
    }
}

#[test]
fn all_that_is_not_held_can_be_spent() {
    let mut book = with(|_, accounts| accounts[1].held_minor = 400);
    let legs = [leg(MERCHANT, -100, "USD"), leg(ACQUIRER, 100, "USD")];
    book.post(PENDING, &legs, &step(Status::Success)).unwrap();
    assert_eq!(book.account(MERCHANT).unwrap().available_minor(), Some(0));
}

#[test]
fn what_could_be_posted_is_known_of_accounts_that_are_only_seen() {
    use crate::account::headroom::BALANCE_LIMIT_MINOR as LIMIT;
    let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
    for (case, expected, change) in [
        ("as they are", Ok(()), (|_| ()) as fn(&mut [Account])),
        ("room for this", Ok(()), |them| them[1].posted_minor = LIMIT - 100),
        ("the source may lack it: whoever decides says so", Ok(()), |them| {
            them[0].overdraft = false;
        }),
        ("no room for what arrives", Err(Rejection::Overflow), |them| {
            them[1].posted_minor = LIMIT - 99;
        }),
        ("no room for what leaves", Err(Rejection::Overflow), |them| {
            them[0].posted_minor = 99 - LIMIT;
        }),
        ("no place left", Err(Rejection::Overflow), |them| them[1].last_seq = i64::MAX),
        ("closed", Err(Rejection::AccountClosed), |them| them[1].closed = true),
        ("another currency", Err(Rejection::CurrencyMismatch), |them| {
            them[1].currency = money(1, "JPY").currency;
        }),
        ("unknown", Err(Rejection::UnknownAccount), |them| them[1].id = NOWHERE),
    ] {
        let mut them = accounts();
        change(&mut them);
        let payments = || vec![payment(PENDING, Status::Pending)];
        let seen = Book::new(at(0), payments(), Vec::new()).seeing(them.clone());
        assert_eq!(seen.could_post(&legs), expected, "{case}, seen");
        assert_eq!(seen.account(MERCHANT), None, "{case}");
        let locked = Book::new(at(0), payments(), them);
        assert_eq!(locked.could_post(&legs), expected, "{case}, locked");
        assert_eq!(locked.could_post(&legs[..1]), Err(Rejection::Unbalanced));
        assert!(locked.into_changes().is_empty());
    }
}

#[test]
fn money_may_reach_an_account_that_is_below_zero_already() {
    let mut book = with(|_, accounts| accounts[1].posted_minor = -900);
    let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
    book.post(PENDING, &legs, &step(Status::Success)).unwrap();
    assert_eq!(book.account(MERCHANT).unwrap().posted_minor, -800);
}

#[test]
fn four_legs_balance_in_each_of_two_currencies() {
    let mut book = book();
    let legs = [
        leg(MERCHANT, -100, "USD"),
        leg(ACQUIRER, 100, "USD"),
        leg(YEN_LIQUIDITY, -15_000, "JPY"),
        leg(YEN, 15_000, "JPY"),
    ];
    book.post(PENDING, &legs, &step(Status::Success)).unwrap();
    let posted = |id| book.account(id).unwrap().posted_minor;
    assert_eq!([MERCHANT, ACQUIRER, YEN_LIQUIDITY, YEN].map(posted), [400, -400, -15_000, 15_009]);
}

#[test]
fn only_a_failed_payment_has_a_failure() {
    let mut book = book();
    book.transition(PENDING, &step(Status::Failed)).unwrap();
    let failure = Failure { code: Reason::Settled, detail: "because".to_owned() };
    assert_eq!(book.payment(PENDING).unwrap().failure, Some(failure));
    let mut book = with(|payment, _| payment.status = Status::Processing);
    book.transition(PENDING, &step(Status::ManualReview)).unwrap();
    assert_eq!(book.payment(PENDING).unwrap().failure, None);
}

#[test]
fn leases_retries_and_releases_change_the_payment_alone() {
    let mut book = book();
    book.lease(PENDING, at(30)).unwrap();
    let leased = book.payment(PENDING).unwrap();
    assert_eq!((leased.attempts, leased.lease_until, leased.updated_at), (1, Some(at(30)), at(0)));
    assert!(book.clone().into_changes().due.is_empty());

    book.retry_at(PENDING, at(8)).unwrap();
    assert_eq!(book.payment(PENDING).unwrap().lease_until, Some(at(8)));
    assert_eq!(book.payment(PENDING).unwrap().attempts, 1);
    assert_eq!(book.clone().into_changes().due, [(PENDING, at(8))]);

    book.release(PENDING).unwrap();
    let released = book.payment(PENDING).unwrap();
    assert_eq!((released.attempts, released.lease_until), (0, Some(at(0))));
    let changes = book.into_changes();
    assert_eq!(changes.due, [(PENDING, at(0))]);
    assert_eq!(
        (changes.payments.len(), changes.accounts.len(), changes.transitions.len()),
        (1, 0, 0)
    );
}

#[test]
fn an_entry_is_never_dated_before_the_last_of_its_accounts() {
    for (source, destination, other, expected) in [
        (None, None, None, 0),
        (Some(-5), Some(-9), None, 0),
        (Some(7), None, None, 7),
        (Some(3), Some(9), None, 9),
        (None, Some(-1), Some(7), 0),
    ] {
        let mut book = with(|_, accounts| {
            for (account, entry) in accounts.iter_mut().zip([source, destination, other]) {
                account.last_entry_at = entry.map(at);
            }
        });
        let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
        book.post(PENDING, &legs, &step(Status::Success)).unwrap();
        // What is not the journal's goes by the clock.
        assert_eq!((book.now(), book.payment(PENDING).unwrap().updated_at), (at(0), at(0)));
        let changes = book.into_changes();
        assert_eq!((changes.entries[0].at, changes.transitions[0].at), (at(expected), at(0)));
        assert!(changes.accounts.iter().all(|it| it.last_entry_at == Some(at(expected))));
    }
}

#[test]
fn an_untouched_book_has_nothing_to_write() {
    let book = book();
    assert_eq!(book.payment_ids(), [PENDING, SETTLED]);
    assert_eq!(book.into_changes(), Changes::default());
}
