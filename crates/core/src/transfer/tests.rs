//! What is done with a transfer, a deposit or a hold, as tables: every state against everything
//! that can be said of the row.

use super::*;
use crate::account::{Account, Role};
use crate::fixtures::{self, at, money};
use crate::hold::{HoldError, capture, void};
use crate::identity::Actor;
use crate::kind::Kind;
use chrono::DateTime;
use uuid::Uuid;

const BY: Actor = Actor::Operator;
const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const UNKNOWN: PaymentId = PaymentId(Uuid::from_u128(9));
const FROM: AccountId = AccountId(Uuid::from_u128(1));
const TO: AccountId = AccountId(Uuid::from_u128(2));
const YEN: AccountId = AccountId(Uuid::from_u128(3));
const USD_LIQUIDITY: AccountId = AccountId(Uuid::from_u128(4));
const YEN_LIQUIDITY: AccountId = AccountId(Uuid::from_u128(5));

fn transfer(status: Status) -> Payment {
    let transfer = fixtures::payment(ID, Kind::Transfer, money(100, "USD"), (FROM, TO));
    Payment { status, transitions: 2, ..transfer }
}

/// A hold of 100 until second `until`, captured if it is settled.
fn hold(status: Status, until: i64) -> Payment {
    let settled = matches!(status, Status::Success | Status::Reversed);
    let captured_minor = settled.then_some(60);
    Payment { hold: true, expires_at: Some(at(until)), captured_minor, ..transfer(status) }
}

/// The payer has 150 and holds what the payment holds.
fn book(payment: Payment) -> Book {
    let held_minor = payment.held().map_or(0, |money| money.minor);
    let liquidity = |id, code| {
        let role = Role::System(SystemAccount::FxLiquidity);
        Account { role, overdraft: true, ..fixtures::account(id, code) }
    };
    let accounts = vec![
        Account { posted_minor: 150, held_minor, ..fixtures::account(FROM, "USD") },
        fixtures::account(TO, "USD"),
        fixtures::account(YEN, "JPY"),
        liquidity(USD_LIQUIDITY, "USD"),
        liquidity(YEN_LIQUIDITY, "JPY"),
    ];
    Book::new(at(0), vec![payment], accounts)
}

/// The same book with an account changed.
fn with(book: &Book, id: AccountId, change: impl FnOnce(&mut Account)) -> Book {
    let mut accounts: Vec<_> = [FROM, TO, YEN, USD_LIQUIDITY, YEN_LIQUIDITY]
        .iter()
        .filter_map(|id| book.account(*id).cloned())
        .collect();
    change(accounts.iter_mut().find(|account| account.id == id).unwrap());
    Book::new(book.now(), vec![book.payment(ID).unwrap().clone()], accounts)
}

fn week() -> TimeDelta {
    TimeDelta::days(7)
}

/// Does what is due, and answers the state and the reason if there was a step.
fn processed(payment: Payment) -> Option<(Status, Reason)> {
    let mut book = book(payment);
    process(&mut book, ID, week()).unwrap();
    let changes = book.into_changes();
    assert_eq!(changes.is_empty(), changes.transitions.is_empty());
    changes.transitions.last().map(|row| (row.to, row.reason))
}

#[test]
fn a_step_is_due_exactly_in_these_cases() {
    for status in Status::ALL {
        for holds in [false, true] {
            for over in [false, true] {
                for parked in [false, true] {
                    let until = if over { 0 } else { 1 };
                    let row = match holds || *status == Status::Authorized {
                        true => hold(*status, until),
                        false => transfer(*status),
                    };
                    let expected = match (status, holds, over, parked) {
                        (Status::Pending, false, _, false) => {
                            Some((Status::Success, Reason::Settled))
                        }
                        (Status::Pending, true, _, false) => {
                            Some((Status::Authorized, Reason::Authorized))
                        }
                        (Status::Authorized, _, true, false) => {
                            Some((Status::Expired, Reason::Expired))
                        }
                        _ => None,
                    };
                    let case = format!("{status}, hold {holds}, over {over}, parked {parked}");
                    assert_eq!(processed(Payment { parked, ..row }), expected, "{case}");
                }
            }
        }
    }
}

#[test]
fn a_deposit_is_settled_like_a_transfer() {
    let deposit = Payment { kind: Kind::Deposit, ..transfer(Status::Pending) };
    assert_eq!(processed(deposit), Some((Status::Success, Reason::Settled)));
}

#[test]
fn an_unknown_id_is_left_alone() {
    let mut book = book(transfer(Status::Pending));
    process(&mut book, UNKNOWN, week()).unwrap();
    assert!(book.into_changes().is_empty());
}

/// Posted and held of the payer, and posted of the payee.
fn balances(book: &Book) -> [i64; 3] {
    let (from, to) = (book.account(FROM).unwrap(), book.account(TO).unwrap());
    [from.posted_minor, from.held_minor, to.posted_minor]
}

#[test]
fn money_moves_holds_and_comes_back() {
    let mut moved = book(transfer(Status::Pending));
    process(&mut moved, ID, week()).unwrap();
    assert_eq!(balances(&moved), [50, 0, 100]);

    let mut held = book(Payment { hold: true, ..transfer(Status::Pending) });
    process(&mut held, ID, week()).unwrap();
    assert_eq!(balances(&held), [150, 100, 0]);
    let until = at(0) + week();
    assert_eq!(held.payment(ID).unwrap().expires_at, Some(until));
    assert_eq!(held.into_changes().due, [(ID, until)]);

    let mut expired = book(hold(Status::Authorized, -1));
    process(&mut expired, ID, week()).unwrap();
    assert_eq!(balances(&expired), [150, 0, 0]);
}

#[test]
fn what_accounts_or_money_forbid_fails_with_that_reason() {
    for holds in [false, true] {
        let pending = || book(Payment { hold: holds, ..transfer(Status::Pending) });
        let full = |account: &mut Account| account.posted_minor = i64::MAX;
        let euro = |account: &mut Account| account.currency = money(0, "EUR").currency;
        let cases = [
            (with(&pending(), FROM, |it| it.posted_minor = 99), Some(Reason::InsufficientFunds)),
            (with(&pending(), FROM, |it| it.held_minor = 51), Some(Reason::InsufficientFunds)),
            (with(&pending(), FROM, |it| it.closed = true), Some(Reason::AccountClosed)),
            (with(&pending(), FROM, euro), Some(Reason::CurrencyMismatch)),
            (with(&pending(), TO, |it| it.closed = true), Some(Reason::AccountClosed)),
            (with(&pending(), TO, euro), Some(Reason::CurrencyMismatch)),
            (with(&pending(), TO, full), Some(Reason::Overflow)),
        ];
        for (place, (mut book, expected)) in cases.into_iter().enumerate() {
            process(&mut book, ID, week()).unwrap();
            let payment = book.payment(ID).unwrap().clone();
            // A hold does not look at the payee yet.
            let expected = expected.filter(|_| !holds || place < 4);
            let failure = payment.failure.as_ref();
            assert_eq!(failure.map(|it| it.code), expected, "case {place}, hold {holds}");
            assert!(failure.is_none_or(|failure| failure.detail.ends_with('.')));
            assert_eq!(
                (payment.expires_at.is_some(), expected.is_some()),
                match expected {
                    Some(_) => (false, true),
                    None => (true, false),
                }
            );
            let changes = book.into_changes();
            assert!(expected.is_none() || changes.accounts.is_empty());
        }
    }
    let mut nowhere = Book::new(at(0), vec![transfer(Status::Pending)], vec![]);
    process(&mut nowhere, ID, week()).unwrap();
    let code = nowhere.payment(ID).unwrap().failure.as_ref().map(|failure| failure.code);
    assert_eq!(code, Some(Reason::AccountNotFound));
}

#[test]
fn a_row_that_can_take_no_step_is_named_as_poison() {
    let worn = Payment { transitions: i32::MAX, ..transfer(Status::Pending) };
    let to_itself = Payment { destination: FROM, ..transfer(Status::Pending) };
    let forever =
        (DateTime::<chrono::Utc>::MAX_UTC, Payment { hold: true, ..transfer(Status::Pending) });
    for (now, row, expected) in [
        (at(0), worn, Rejection::Overflow),
        (at(0), to_itself, Rejection::Unbalanced),
        (forever.0, forever.1, Rejection::Overflow),
    ] {
        let accounts =
            [FROM, TO].map(|id| book(transfer(Status::Pending)).account(id).unwrap().clone());
        let mut book = Book::new(now, vec![row], accounts.to_vec());
        assert_eq!(process(&mut book, ID, week()), Err(expected));
        assert!(book.into_changes().is_empty());
    }
}

#[test]
fn between_two_currencies_both_go_through_liquidity() {
    let payment = transfer(Status::Pending);
    let leg = |account, minor, code| Leg { account, amount: money(minor, code) };
    let book = book(payment.clone());
    let plain = legs(&book, &payment, money(7, "USD"), money(7, "USD")).unwrap();
    assert_eq!(plain, [leg(FROM, -7, "USD"), leg(TO, 7, "USD")]);

    let across = Payment { destination: YEN, ..payment };
    let four = legs(&book, &across, money(7, "USD"), money(10, "JPY")).unwrap();
    let expected = [
        leg(FROM, -7, "USD"),
        leg(USD_LIQUIDITY, 7, "USD"),
        leg(YEN, 10, "JPY"),
        leg(YEN_LIQUIDITY, -10, "JPY"),
    ];
    assert_eq!(four, expected);
    let credit_alone = legs(&book, &across, money(0, "USD"), money(10, "JPY")).unwrap();
    assert_eq!(credit_alone, expected[2..]);

    // A side that is nothing needs no liquidity of its currency.
    let debit_alone = legs(&book, &across, money(7, "USD"), money(0, "EUR")).unwrap();
    assert_eq!(debit_alone, expected[..2]);

    let of_euro = legs(&book, &across, money(7, "USD"), money(9, "EUR"));
    assert_eq!(of_euro, Err(Rejection::UnknownAccount));
    let lowest = legs(&book, &across, money(i64::MIN, "USD"), money(10, "JPY"));
    assert_eq!(lowest, Err(Rejection::Overflow));
}

#[test]
fn a_transfer_between_currencies_moves_both_sides() {
    let credit = money(150, "JPY");
    let across = Payment { destination: YEN, credit, ..transfer(Status::Pending) };
    let mut book = book(across);
    process(&mut book, ID, week()).unwrap();
    let posted = |id| book.account(id).unwrap().posted_minor;
    assert_eq!([FROM, USD_LIQUIDITY, YEN_LIQUIDITY, YEN].map(posted), [50, 100, -150, 150]);
}

/// What a client's wish came to: the answer and the balances of payer and payee.
type Came = (Result<(), HoldError>, Status, [i64; 3]);

fn came(payment: Payment, wish: impl FnOnce(&mut Book) -> Result<(), HoldError>) -> Came {
    let mut book = book(payment);
    let result = wish(&mut book);
    (result, book.payment(ID).unwrap().status, balances(&book))
}

#[test]
fn a_capture_takes_what_is_held_or_a_part_of_it() {
    use HoldError::*;
    let captured =
        |part: Option<i64>| came(hold(Status::Authorized, 9), |book| capture(book, ID, part, &BY));
    let held = [150, 100, 0];
    for (part, expected) in [
        (None, (Ok(()), Status::Success, [50, 0, 100])),
        (Some(100), (Ok(()), Status::Success, [50, 0, 100])),
        (Some(60), (Ok(()), Status::Success, [90, 0, 60])),
        (Some(1), (Ok(()), Status::Success, [149, 0, 1])),
        (Some(101), (Err(ExceedsAuthorization), Status::Authorized, held)),
        (Some(i64::MAX), (Err(ExceedsAuthorization), Status::Authorized, held)),
        (Some(0), (Err(ExceedsAuthorization), Status::Authorized, held)),
        (Some(-1), (Err(ExceedsAuthorization), Status::Authorized, held)),
        (Some(i64::MIN), (Err(ExceedsAuthorization), Status::Authorized, held)),
    ] {
        assert_eq!(captured(part), expected, "{part:?}");
    }
}

#[test]
fn a_capture_or_void_is_answered_by_the_state() {
    use HoldError::NotAuthorized;
    let expired = (Err(NotAuthorized(Status::Expired)), Status::Expired, [150, 0, 0]);
    let over =
        |wish: fn(&mut Book) -> Result<(), HoldError>| came(hold(Status::Authorized, 0), wish);
    assert_eq!(over(|book| capture(book, ID, None, &BY)), expired);
    assert_eq!(over(|book| void(book, ID, &BY)), expired);
    for status in Status::ALL.iter().filter(|status| **status != Status::Authorized) {
        for part in [None, Some(60), Some(61)] {
            let moved = matches!(status, Status::Success | Status::Reversed);
            let same = moved && part == Some(60);
            let expected = if same { Ok(()) } else { Err(NotAuthorized(*status)) };
            let mut row = book(hold(*status, 9));
            assert_eq!(capture(&mut row, ID, part, &BY), expected, "{status} {part:?}");
            assert!(row.into_changes().is_empty());
        }
        let same = *status == Status::Voided;
        let mut row = book(hold(*status, 9));
        assert_eq!(
            void(&mut row, ID, &BY),
            if same { Ok(()) } else { Err(NotAuthorized(*status)) }
        );
        assert!(row.into_changes().is_empty());
    }
    let mut settled = book(transfer(Status::Success));
    let not_held = Err(NotAuthorized(Status::Success));
    assert_eq!(capture(&mut settled, ID, None, &BY), not_held, "it was never held");
    let unknown = Err(HoldError::Rejected(Rejection::UnknownPayment));
    assert_eq!(capture(&mut settled, UNKNOWN, None, &BY), unknown);
    assert_eq!(void(&mut settled, UNKNOWN, &BY), unknown);
}

#[test]
fn capturing_or_voiding_twice_is_once() {
    let mut row = book(hold(Status::Authorized, 9));
    capture(&mut row, ID, Some(60), &BY).unwrap();
    let once = format!("{row:?}");
    capture(&mut row, ID, Some(60), &BY).unwrap();
    let all = capture(&mut row, ID, None, &BY);
    assert_eq!(all, Err(HoldError::NotAuthorized(Status::Success)), "a part is not all of it");
    assert_eq!(format!("{row:?}"), once);
    assert_eq!(void(&mut row, ID, &BY), Err(HoldError::NotAuthorized(Status::Success)));
    assert_eq!(row.payment(ID).unwrap().captured_minor, Some(60));
    let transition = row.into_changes().transitions.pop().unwrap();
    assert_eq!((transition.reason, transition.actor), (Reason::Captured, BY));

    let mut row = book(hold(Status::Authorized, 9));
    void(&mut row, ID, &BY).unwrap();
    let once = format!("{row:?}");
    void(&mut row, ID, &BY).unwrap();
    process(&mut row, ID, week()).unwrap();
    assert_eq!(format!("{row:?}"), once);
    assert_eq!(balances(&row), [150, 0, 0]);
}

#[test]
fn a_capture_that_accounts_forbid_keeps_the_hold() {
    let closed = with(&book(hold(Status::Authorized, 9)), TO, |account| account.closed = true);
    let before = format!("{closed:?}");
    let mut row = closed;
    let expected = Err(HoldError::Rejected(Rejection::AccountClosed));
    assert_eq!(capture(&mut row, ID, None, &BY), expected);
    assert_eq!(format!("{row:?}"), before);
    void(&mut row, ID, &BY).unwrap();
}

#[test]
fn a_part_between_currencies_moves_its_share() {
    let credit = money(9, "JPY");
    let across = || Payment { destination: YEN, credit, ..hold(Status::Authorized, 9) };
    let mut row = book(across());
    capture(&mut row, ID, Some(60), &BY).unwrap();
    let posted = |id| row.account(id).unwrap().posted_minor;
    assert_eq!([FROM, USD_LIQUIDITY, YEN_LIQUIDITY, YEN].map(posted), [90, 60, -5, 5]);
    assert_eq!(row.payment(ID).unwrap().moved(), (money(60, "USD"), money(5, "JPY")));

    let mut row = book(across());
    assert_eq!(capture(&mut row, ID, Some(11), &BY), Err(HoldError::TooSmall));
    assert!(row.clone().into_changes().is_empty());
    capture(&mut row, ID, Some(12), &BY).unwrap();
    assert_eq!(row.account(YEN).unwrap().posted_minor, 1);
}
