//! What accounts hold: by the states of their payments, and never more than they have.

use super::*;

/// A book with one payment of 100 of that kind and state from the merchant, who has 500 and holds
/// what the payment holds.
fn outgoing(kind: Kind, status: Status) -> Book {
    let payment = fixtures::payment(PENDING, kind, money(100, "USD"), (MERCHANT, ACQUIRER));
    let payment = Payment { status, hold: true, ..payment };
    let mut accounts = accounts();
    accounts[1].held_minor = payment.held().map_or(0, |money| money.minor);
    Book::new(at(0), vec![payment], accounts)
}

fn merchant(book: &Book) -> (i64, i64) {
    let account = book.account(MERCHANT).unwrap();
    (account.posted_minor, account.held_minor)
}

#[test]
fn holds_follow_states() {
    for kind in Kind::ALL {
        for from in Status::ALL {
            for to in Status::ALL.iter().filter(|to| from.may_become(**to)) {
                let mut book = outgoing(*kind, *from);
                book.transition(PENDING, &step(*to)).unwrap();
                let held = book.payment(PENDING).unwrap().held().map_or(0, |money| money.minor);
                assert_eq!(merchant(&book), (500, held), "{kind} from {from} to {to}");
            }
        }
    }
}

#[test]
fn a_hold_lasts_until_its_time_and_is_looked_at_then() {
    let mut book = outgoing(Kind::Transfer, Status::Pending);
    book.authorize(PENDING, at(900)).unwrap();
    assert_eq!(merchant(&book), (500, 100));
    let payment = book.payment(PENDING).unwrap();
    assert_eq!((payment.status, payment.expires_at), (Status::Authorized, Some(at(900))));
    let changes = book.into_changes();
    assert_eq!(changes.due, [(PENDING, at(900))]);
    assert_eq!((changes.accounts.len(), changes.entries.len()), (1, 0));
    assert_eq!(changes.accounts[0].last_seq, 5);
}

#[test]
fn a_capture_posts_its_part_and_gives_the_rest_back() {
    for part in [1, 60, 100] {
        let mut book = outgoing(Kind::Transfer, Status::Authorized);
        let legs = [leg(MERCHANT, -part, "USD"), leg(ACQUIRER, part, "USD")];
        book.capture(PENDING, part, &legs, &step(Status::Success)).unwrap();
        assert_eq!(merchant(&book), (500 - part, 0));
        let payment = book.payment(PENDING).unwrap();
        assert_eq!((payment.status, payment.captured_minor), (Status::Success, Some(part)));
        assert_eq!(book.into_changes().entries.len(), 1);
    }
}

#[test]
fn what_is_held_can_be_captured_although_nothing_else_is_left() {
    let mut book = outgoing(Kind::Transfer, Status::Authorized);
    book.pages.accounts.get_mut(&MERCHANT).unwrap().posted_minor = 100;
    let legs = [leg(MERCHANT, -100, "USD"), leg(ACQUIRER, 100, "USD")];
    book.capture(PENDING, 100, &legs, &step(Status::Success)).unwrap();
    assert_eq!(merchant(&book), (0, 0));
}

#[test]
fn a_hold_that_breaks_a_rule_is_rejected_by_its_name_and_changes_nothing() {
    use Rejection::*;
    let change = |change: fn(&mut Account)| {
        let mut book = outgoing(Kind::Transfer, Status::Pending);
        change(book.pages.accounts.get_mut(&MERCHANT).unwrap());
        book
    };
    let mut nowhere = outgoing(Kind::Transfer, Status::Pending);
    nowhere.pages.accounts.remove(&MERCHANT);
    let illegal = IllegalTransition { from: Status::Success, to: Status::Authorized };
    for (case, book, expected) in [
        ("unknown", Book::new(at(0), vec![], accounts()), UnknownPayment),
        ("illegal", outgoing(Kind::Transfer, Status::Success), illegal),
        ("no such account", nowhere, UnknownAccount),
        ("closed", change(|account| account.closed = true), AccountClosed),
        ("too little", change(|account| account.posted_minor = 99), InsufficientFunds),
        ("too much is held", change(|account| account.held_minor = 401), InsufficientFunds),
        ("another currency", change(|it| it.currency = money(0, "EUR").currency), CurrencyMismatch),
        (
            "beyond 64 bits",
            change(|account| {
                (account.posted_minor, account.held_minor) = (i64::MAX, i64::MAX - 99);
            }),
            Overflow,
        ),
    ] {
        check_rejected(case, book, |book| book.authorize(PENDING, at(9)), expected);
    }
    let mut enough = change(|account| account.held_minor = 400);
    enough.authorize(PENDING, at(9)).unwrap();
    assert_eq!(merchant(&enough), (500, 500));
}

#[test]
fn what_is_not_held_cannot_be_given_back() {
    let mut book = outgoing(Kind::Transfer, Status::Authorized);
    book.pages.accounts.get_mut(&MERCHANT).unwrap().held_minor = 99;
    let void = |book: &mut Book| book.transition(PENDING, &step(Status::Voided));
    check_rejected("less is held", book, void, Rejection::Overflow);
}

#[test]
fn a_closed_account_gives_back_and_takes_nothing_more() {
    let mut book = outgoing(Kind::Transfer, Status::Authorized);
    book.pages.accounts.get_mut(&MERCHANT).unwrap().closed = true;
    let legs = [leg(MERCHANT, -100, "USD"), leg(ACQUIRER, 100, "USD")];
    let capture = |book: &mut Book| book.capture(PENDING, 100, &legs, &step(Status::Success));
    check_rejected("capture", book.clone(), capture, Rejection::AccountClosed);
    book.transition(PENDING, &step(Status::Voided)).unwrap();
    assert_eq!(merchant(&book), (500, 0));
}

#[test]
fn a_capture_that_breaks_a_rule_changes_nothing() {
    use Rejection::*;
    let legs = [leg(MERCHANT, -60, "USD"), leg(ACQUIRER, 60, "USD")];
    let capture = |book: &mut Book| book.capture(PENDING, 60, &legs, &step(Status::Success));
    let illegal = IllegalTransition { from: Status::Voided, to: Status::Success };
    check_rejected("voided", outgoing(Kind::Transfer, Status::Voided), capture, illegal);
    let one = |book: &mut Book| book.capture(PENDING, 60, &legs[..1], &step(Status::Success));
    check_rejected("one leg", outgoing(Kind::Transfer, Status::Authorized), one, Unbalanced);
    let unknown = |book: &mut Book| book.capture(UNKNOWN, 60, &legs, &step(Status::Success));
    check_rejected(
        "unknown",
        outgoing(Kind::Transfer, Status::Authorized),
        unknown,
        UnknownPayment,
    );
}

#[test]
fn the_systems_accounts_are_found_by_code_and_currency() {
    let mut accounts = accounts();
    accounts[0].role = Role::System(SystemAccount::Acquirer);
    accounts[3].role = Role::System(SystemAccount::FxLiquidity);
    let book = Book::new(at(0), vec![], accounts);
    let (usd, yen) = (money(0, "USD").currency, money(0, "JPY").currency);
    assert_eq!(book.system_account(SystemAccount::Acquirer, usd), Some(ACQUIRER));
    assert_eq!(book.system_account(SystemAccount::FxLiquidity, yen), Some(YEN_LIQUIDITY));
    assert_eq!(book.system_account(SystemAccount::FxLiquidity, usd), None);
    assert_eq!(book.system_account(SystemAccount::Acquirer, yen), None);
}
