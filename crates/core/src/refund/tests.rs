//! Which payments can be given back, how much of them, and what that takes back.

use super::*;
use crate::account::{Account, Role, SystemAccount};
use crate::fixtures::{self, at, money};
use crate::id::AccountId;
use crate::kind::Kind;
use uuid::Uuid;

const ORIGINAL: PaymentId = PaymentId(Uuid::from_u128(1));
const REFUND: PaymentId = PaymentId(Uuid::from_u128(2));
const PAYER: AccountId = AccountId(Uuid::from_u128(1));
const PAYEE: AccountId = AccountId(Uuid::from_u128(2));
const DOLLARS: AccountId = AccountId(Uuid::from_u128(3));
const YEN: AccountId = AccountId(Uuid::from_u128(4));

/// A settled transfer of 100 dollars' cents for 15 yen.
fn original() -> Payment {
    let sides = (PAYER, PAYEE);
    let transfer = fixtures::payment(ORIGINAL, Kind::Transfer, money(100, "USD"), sides);
    Payment { status: Status::Success, credit: money(15, "JPY"), transitions: 1, ..transfer }
}

fn refund(minor: i64) -> Payment {
    let refund = fixtures::payment(REFUND, Kind::Refund, money(minor, "USD"), (PAYEE, PAYER));
    Payment { debit: money(1, "JPY"), parent: Some(ORIGINAL), ..refund }
}

fn book(original: Payment, refund: Payment) -> Book {
    let liquidity = |id, code, posted_minor| {
        let role = Role::System(SystemAccount::FxLiquidity);
        Account { role, overdraft: true, posted_minor, ..fixtures::account(id, code) }
    };
    let accounts = vec![
        fixtures::account(PAYER, "USD"),
        Account { posted_minor: 15, ..fixtures::account(PAYEE, "JPY") },
        liquidity(DOLLARS, "USD", 100),
        liquidity(YEN, "JPY", -15),
    ];
    Book::new(at(0), vec![original, refund], accounts)
}

fn posted(book: &Book) -> [i64; 4] {
    [PAYER, PAYEE, DOLLARS, YEN].map(|id| book.account(id).unwrap().posted_minor)
}

#[test]
fn a_refund_leads_back_between_the_accounts_of_its_original() {
    let stranger = AccountId(Uuid::from_u128(9));
    for astray in [
        Payment { destination: stranger, ..refund(10) },
        Payment { source: stranger, ..refund(10) },
        Payment { debit: money(1, "USD"), ..refund(10) },
        Payment { credit: money(10, "JPY"), ..refund(10) },
        Payment { source: PAYER, destination: PAYEE, ..refund(10) },
    ] {
        let mut book = book(original(), astray);
        let before = posted(&book);
        process(&mut book, REFUND).unwrap();
        let refused = book.payment(REFUND).unwrap();
        assert_eq!(refused.failure.as_ref().map(|it| it.code), Some(Reason::NotRefundable));
        assert_eq!((posted(&book), book.payment(ORIGINAL).unwrap()), (before, &original()));
    }
    let mut book = book(original(), refund(10));
    process(&mut book, REFUND).unwrap();
    assert_eq!(book.payment(REFUND).unwrap().status, Status::Success);
}

#[test]
fn only_what_moved_a_clients_money_can_be_refunded() {
    use NotRefundable::State;
    for kind in Kind::ALL {
        for status in Status::ALL {
            let of_that_kind = matches!(kind, Kind::Charge | Kind::Transfer);
            let moved = matches!(status, Status::Success | Status::Reversed);
            let expected = if of_that_kind && moved { Ok(()) } else { Err(State) };
            let payment = Payment { kind: *kind, status: *status, ..original() };
            assert_eq!(check(&payment, 1), expected, "{kind} {status}");
        }
    }
}

#[test]
fn never_more_than_what_is_left() {
    use NotRefundable::ExceedsRemainder;
    let left = |refunded_minor, refunding_minor, captured_minor| Payment {
        refunded_minor,
        refunding_minor,
        captured_minor,
        ..original()
    };
    for (payment, most) in [
        (left(0, 0, None), 100),
        (left(30, 0, None), 70),
        (left(0, 30, None), 70),
        (left(30, 30, None), 40),
        (left(30, 30, Some(60)), 0),
        (left(0, 0, Some(60)), 60),
        (left(100, 0, None), 0),
    ] {
        assert_eq!(check(&payment, most + 1), Err(ExceedsRemainder));
        assert_eq!(check(&payment, i64::MAX), Err(ExceedsRemainder));
        for none in [0, -1, i64::MIN] {
            assert_eq!(check(&payment, none), Err(ExceedsRemainder));
        }
        for some in 1..=most {
            assert_eq!(check(&payment, some), Ok(()));
        }
    }
    let reasons = [NotRefundable::State, ExceedsRemainder].map(NotRefundable::reason);
    assert_eq!(reasons, [Reason::NotRefundable, Reason::RefundExceedsRemainder]);
}

#[test]
fn what_is_taken_back_is_the_difference_of_two_shares() {
    let taken = |refunded_minor, refunding_minor, minor| {
        let original = Payment { refunded_minor, refunding_minor, ..original() };
        taken_back(&original, minor)
    };
    for (refunded, refunding, minor, yen) in [
        (0, 0, 100, 15),
        (0, 0, 6, 0),
        (0, 0, 7, 1),
        (6, 0, 1, 1),
        (3, 3, 1, 1),
        (6, 0, 94, 15),
        (50, 49, 1, 1),
    ] {
        assert_eq!(taken(refunded, refunding, minor), money(yen, "JPY"));
    }
    let part = Payment { captured_minor: Some(50), ..original() };
    assert_eq!(taken_back(&part, 50), money(7, "JPY"));
}

#[test]
fn a_refund_of_a_transfer_is_settled_in_one_go() {
    let mut book = book(original(), refund(40));
    process(&mut book, REFUND).unwrap();
    assert_eq!(posted(&book), [40, 9, 60, -9]);
    let (refund, original) = (book.payment(REFUND).unwrap(), book.payment(ORIGINAL).unwrap());
    assert_eq!((refund.status, refund.debit), (Status::Success, money(6, "JPY")));
    assert_eq!((original.status, original.refunded_minor), (Status::Success, 40));
    assert_eq!(original.refunding_minor, 0);

    let settled = format!("{book:?}");
    process(&mut book, REFUND).unwrap();
    assert_eq!(format!("{book:?}"), settled, "twice is once");
}

#[test]
fn the_last_refund_reverses_the_payment_and_leaves_nothing() {
    let mut book = book(original(), refund(100));
    process(&mut book, REFUND).unwrap();
    assert_eq!(posted(&book), [100, 0, 0, 0]);
    assert_eq!(book.payment(ORIGINAL).unwrap().status, Status::Reversed);
    let changes = book.into_changes();
    let reasons: Vec<_> = changes.transitions.iter().map(|row| (row.payment, row.reason)).collect();
    assert_eq!(reasons, [(REFUND, Reason::Settled), (ORIGINAL, Reason::Refunded)]);
}

#[test]
fn so_little_that_nothing_is_taken_back_is_still_refunded() {
    let mut book = book(original(), refund(6));
    process(&mut book, REFUND).unwrap();
    assert_eq!(posted(&book), [6, 15, 94, -15]);
    assert_eq!(book.payment(REFUND).unwrap().debit, money(0, "JPY"));
    assert_eq!(book.into_changes().entries[0].postings.len(), 2);
}

#[test]
fn what_forbids_a_refund_is_its_failure_and_the_original_is_as_it_was() {
    let with = |change: fn(&mut Payment)| {
        let mut original = original();
        change(&mut original);
        book(original, refund(40))
    };
    let poor = {
        let book = book(original(), refund(40));
        let mut accounts = [PAYER, PAYEE, DOLLARS, YEN].map(|id| book.account(id).unwrap().clone());
        accounts[1].posted_minor = 5;
        Book::new(at(0), vec![original(), refund(40)], accounts.to_vec())
    };
    let closed = {
        let book = book(original(), refund(40));
        let mut accounts = [PAYER, PAYEE, DOLLARS, YEN].map(|id| book.account(id).unwrap().clone());
        accounts[0].closed = true;
        Book::new(at(0), vec![original(), refund(40)], accounts.to_vec())
    };
    let accounts = [PAYER, PAYEE, DOLLARS, YEN].map(|id| poor.account(id).unwrap().clone());
    let missing = Book::new(at(0), vec![refund(40)], accounts.to_vec());
    for (mut book, expected) in [
        (with(|it| it.status = Status::Failed), Reason::NotRefundable),
        (with(|it| it.status = Status::Authorized), Reason::NotRefundable),
        (with(|it| it.kind = Kind::Deposit), Reason::NotRefundable),
        (with(|it| it.refunded_minor = 61), Reason::RefundExceedsRemainder),
        (with(|it| it.refunding_minor = 61), Reason::RefundExceedsRemainder),
        (with(|it| it.captured_minor = Some(39)), Reason::RefundExceedsRemainder),
        (poor, Reason::InsufficientFunds),
        (closed, Reason::AccountClosed),
        (missing, Reason::NotRefundable),
    ] {
        let (original, before) = (book.payment(ORIGINAL).cloned(), posted(&book));
        process(&mut book, REFUND).unwrap();
        let failure = book.payment(REFUND).unwrap().failure.clone().unwrap();
        assert_eq!((failure.code, posted(&book)), (expected, before));
        assert!(failure.detail.ends_with('.'), "{failure:?}");
        assert_eq!(book.payment(ORIGINAL).cloned(), original, "{expected}");
        let changes = book.into_changes();
        let counts = (changes.payments.len(), changes.accounts.len(), changes.transitions.len());
        assert_eq!(counts, (1, 0, 1), "{expected}");
    }
}

#[test]
fn only_a_pending_refund_that_is_not_parked_is_settled() {
    for status in Status::ALL.iter().filter(|status| **status != Status::Pending) {
        let mut book = book(original(), Payment { status: *status, ..refund(40) });
        process(&mut book, REFUND).unwrap();
        assert!(book.into_changes().is_empty(), "{status}");
    }
    let mut parked = book(original(), Payment { parked: true, ..refund(40) });
    process(&mut parked, REFUND).unwrap();
    assert!(parked.into_changes().is_empty());
    let mut unknown = book(original(), refund(40));
    process(&mut unknown, PaymentId(Uuid::from_u128(9))).unwrap();
    assert!(unknown.into_changes().is_empty());
}

#[test]
fn a_row_that_can_take_no_step_is_named_as_poison_and_changes_nothing() {
    let last = |payment: Payment| Payment { transitions: i32::MAX, ..payment };
    for (original, refund, expected) in [
        (original(), last(refund(40)), Rejection::Overflow),
        (last(original()), last(refund(100)), Rejection::Overflow),
        (original(), Payment { parent: None, ..refund(40) }, Rejection::UnknownPayment),
    ] {
        let mut book = book(original, refund);
        assert_eq!(process(&mut book, REFUND), Err(expected));
        assert!(book.into_changes().is_empty());
    }
}

#[test]
fn only_what_came_from_outside_needs_a_provider() {
    for kind in Kind::ALL {
        let book = book(Payment { kind: *kind, ..original() }, refund(40));
        let refund = book.payment(REFUND).unwrap();
        assert_eq!(needs_provider(&book, refund), *kind == Kind::Charge, "{kind}");
        assert!(!needs_provider(&book, &Payment { parent: None, ..refund.clone() }));
    }
}

#[test]
fn cancelling_what_was_never_claimed_gives_nothing_up() {
    let original = Payment { refunding_minor: 30, ..original() };
    let mut book = book(original, refund(40));
    let step = Step::failed(Reason::Declined, "Declined.");
    cancel(&mut book, REFUND, &step).unwrap();
    assert_eq!(book.payment(ORIGINAL).unwrap().refunding_minor, 30);
    assert_eq!(book.payment(REFUND).unwrap().status, Status::Failed);
}
