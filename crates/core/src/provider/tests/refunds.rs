//! Refunds of a charge: claimed at the original and held before the provider is asked.

use super::*;

const REFUND: PaymentId = PaymentId(Uuid::from_u128(2));
const OTHER: PaymentId = PaymentId(Uuid::from_u128(3));

fn refund(id: PaymentId, minor: i64) -> Payment {
    let sides = (DESTINATION, SOURCE);
    let refund = fixtures::payment(id, Kind::Refund, money(minor, "USD"), sides);
    Payment { parent: Some(ID), ..refund }
}

/// A settled charge of 1,000 at a merchant who has that much, and two refunds of it.
fn refunds(first: Payment, second: Payment) -> Book {
    let merchant = Account {
        posted_minor: 1_000,
        role: Role::Wallet(fixtures::owner()),
        ..account(DESTINATION, false)
    };
    let charge = charge(Status::Success, 1, None);
    Book::new(at(0), vec![charge, first, second], vec![account(SOURCE, true), merchant])
}

/// Refunded and refunding of the original; posted and held of the merchant.
fn sums(book: &Book) -> [i64; 4] {
    let (charge, merchant) = (book.payment(ID).unwrap(), book.account(DESTINATION).unwrap());
    let (posted, held) = (merchant.posted_minor, merchant.held_minor);
    [charge.refunded_minor, charge.refunding_minor, posted, held]
}

fn status(book: &Book, id: PaymentId) -> Status {
    book.payment(id).unwrap().status
}

#[test]
fn a_claimed_refund_is_counted_and_held_before_anyone_is_asked() {
    let mut book = refunds(refund(REFUND, 300), refund(OTHER, 700));
    claim(&mut book, REFUND, &policy()).unwrap();
    assert_eq!(sums(&book), [0, 300, 1_000, 300]);
    let claimed = book.payment(REFUND).unwrap();
    assert_eq!((claimed.status, claimed.attempts), (Status::Processing, 1));
    assert_eq!((claimed.lease_until, claimed.debit), (Some(at(30)), money(300, "USD")));

    claim(&mut book, REFUND, &policy()).unwrap();
    assert_eq!(sums(&book), [0, 300, 1_000, 300], "under its lease");
    settle(&mut book, REFUND, 1, Verdict::Approved, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), status(&book, ID)), (Status::Success, Status::Success));
    assert_eq!(sums(&book), [300, 0, 700, 0]);

    claim(&mut book, OTHER, &policy()).unwrap();
    settle(&mut book, OTHER, 1, Verdict::Approved, &policy()).unwrap();
    assert_eq!((status(&book, OTHER), status(&book, ID)), (Status::Success, Status::Reversed));
    assert_eq!(sums(&book), [1_000, 0, 0, 0]);
}

#[test]
fn a_refund_that_could_not_be_posted_is_not_asked_for() {
    let without_room = |book: Book| {
        let mut acquirer = book.account(SOURCE).unwrap().clone();
        acquirer.posted_minor = crate::account::headroom::BALANCE_LIMIT_MINOR - 299;
        let ids = book.payment_ids().into_iter();
        let payments = ids.map(|id| book.payment(id).unwrap().clone());
        let merchant = book.account(DESTINATION).unwrap().clone();
        Book::new(at(0), payments.collect(), vec![acquirer, merchant])
    };
    let mut book = without_room(refunds(refund(REFUND, 300), refund(OTHER, 299)));
    claim(&mut book, REFUND, &policy()).unwrap();
    let failed = book.payment(REFUND).unwrap();
    assert_eq!(failed.failure.clone().unwrap().code, Reason::Overflow);
    assert_eq!((failed.attempts, sums(&book)), (0, [0, 0, 1_000, 0]));
    claim(&mut book, OTHER, &policy()).unwrap();
    assert_eq!((status(&book, OTHER), sums(&book)), (Status::Processing, [0, 299, 1_000, 299]));
}

#[test]
fn two_that_run_at_once_never_exceed_the_rest() {
    let mut book = refunds(refund(REFUND, 600), refund(OTHER, 600));
    claim(&mut book, REFUND, &policy()).unwrap();
    claim(&mut book, OTHER, &policy()).unwrap();
    let failure = book.payment(OTHER).unwrap().failure.clone().unwrap();
    assert_eq!(failure.code, Reason::RefundExceedsRemainder);
    assert_eq!((book.payment(OTHER).unwrap().attempts, sums(&book)), (0, [0, 600, 1_000, 600]));
}

#[test]
fn what_the_provider_refuses_is_given_back_and_can_be_refunded_again() {
    for in_review in [false, true] {
        let mut book = refunds(refund(REFUND, 600), refund(OTHER, 1_000));
        claim(&mut book, REFUND, &policy()).unwrap();
        if in_review {
            book.transition(REFUND, &outcome_unknown()).unwrap();
            assert_eq!(sums(&book), [0, 600, 1_000, 600]);
        }
        settle(&mut book, REFUND, 1, DECLINED, &policy()).unwrap();
        assert_eq!((status(&book, REFUND), sums(&book)), (Status::Failed, [0, 0, 1_000, 0]));

        claim(&mut book, OTHER, &policy()).unwrap();
        settle(&mut book, OTHER, 1, Verdict::Approved, &policy()).unwrap();
        assert_eq!((status(&book, ID), sums(&book)), (Status::Reversed, [1_000, 0, 0, 0]));
    }
}

#[test]
fn what_the_merchant_no_longer_has_is_not_refunded() {
    let mut book = refunds(refund(REFUND, 600), refund(OTHER, 500));
    let spent = Account { posted_minor: 599, ..book.account(DESTINATION).unwrap().clone() };
    let payments = [ID, REFUND, OTHER].map(|id| book.payment(id).unwrap().clone());
    book = Book::new(at(0), payments.to_vec(), vec![account(SOURCE, true), spent]);
    claim(&mut book, REFUND, &policy()).unwrap();
    let failure = book.payment(REFUND).unwrap().failure.clone().unwrap();
    assert_eq!((failure.code, sums(&book)), (Reason::InsufficientFunds, [0, 0, 599, 0]));
    claim(&mut book, OTHER, &policy()).unwrap();
    assert_eq!((status(&book, OTHER), sums(&book)), (Status::Processing, [0, 500, 599, 500]));
}

#[test]
fn a_refund_without_an_answer_keeps_what_it_claimed() {
    let mut book = refunds(refund(REFUND, 600), refund(OTHER, 1));
    claim(&mut book, REFUND, &policy()).unwrap();
    settle(&mut book, REFUND, 1, not_asked(Some(30)), &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::Processing, [0, 600, 1_000, 600]));
    for attempt in 1..=5 {
        let mut payments = [ID, REFUND, OTHER].map(|id| book.payment(id).unwrap().clone()).to_vec();
        payments[1].lease_until = None;
        let accounts = [SOURCE, DESTINATION].map(|id| book.account(id).unwrap().clone());
        book = Book::new(at(0), payments, accounts.to_vec());
        claim(&mut book, REFUND, &policy()).unwrap();
        settle(&mut book, REFUND, attempt, Verdict::Unknown, &policy()).unwrap();
        assert_eq!(sums(&book), [0, 600, 1_000, 600]);
    }
    assert_eq!(status(&book, REFUND), Status::ManualReview);
    settle(&mut book, REFUND, 5, Verdict::Approved, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::Success, [600, 0, 400, 0]));
}

#[test]
fn a_refund_that_is_given_up_before_it_began_is_claimed_for_the_person_who_decides() {
    let given_up = |minor| Payment { attempts: 10, ..refund(REFUND, minor) };
    let mut book = refunds(given_up(600), refund(OTHER, 600));
    claim(&mut book, REFUND, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::ManualReview, [0, 600, 1_000, 600]));
    settle(&mut book, REFUND, 1, DECLINED, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::Failed, [0, 0, 1_000, 0]));

    let mut book = refunds(given_up(1_001), refund(OTHER, 600));
    claim(&mut book, REFUND, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::Failed, [0, 0, 1_000, 0]));
}

#[test]
fn a_refund_that_was_paid_and_cannot_be_posted_waits_for_a_person_with_its_claim() {
    let mut book = refunds(refund(REFUND, 600), refund(OTHER, 1));
    claim(&mut book, REFUND, &policy()).unwrap();
    let payments = [ID, REFUND, OTHER].map(|id| book.payment(id).unwrap().clone());
    let full = Account { posted_minor: i64::MAX, ..account(SOURCE, true) };
    let merchant = book.account(DESTINATION).unwrap().clone();
    let mut book = Book::new(at(0), payments.to_vec(), vec![full, merchant]);
    settle(&mut book, REFUND, 1, Verdict::Approved, &policy()).unwrap();
    assert_eq!((status(&book, REFUND), sums(&book)), (Status::ManualReview, [0, 600, 1_000, 600]));
    let reason = book.into_changes().transitions[0].reason;
    assert_eq!(reason, Reason::PostingRejected);
}

#[test]
fn a_refund_of_nothing_is_poison_and_changes_nothing() {
    let orphan = Payment { parent: None, ..refund(REFUND, 600) };
    let mut book = refunds(orphan, refund(OTHER, 1));
    assert_eq!(claim(&mut book, REFUND, &policy()), Err(Rejection::UnknownPayment));
    assert!(book.into_changes().is_empty());
}
