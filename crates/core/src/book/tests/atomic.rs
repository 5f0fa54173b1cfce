//! Several operations at once: all of them or none, however deep.

use super::*;

/// One of everything that a book can write.
fn everything(book: &mut Book) -> Result<(), Rejection> {
    book.lease(PENDING, at(30))?;
    book.retry_at(PENDING, at(8))?;
    book.amend(SETTLED, |payment| payment.refunding_minor = 7)?;
    let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
    book.post(PENDING, &legs, &step(Status::Success))?;
    book.transition(SETTLED, &step(Status::Reversed))
}

fn and_fails(
    operations: impl FnOnce(&mut Book) -> Result<(), Rejection>,
) -> impl FnOnce(&mut Book) -> Result<(), Rejection> {
    |book| {
        operations(book)?;
        book.transition(UNKNOWN, &step(Status::Failed))
    }
}

#[test]
fn what_ends_well_is_as_if_done_one_by_one() {
    let (mut alone, mut together, mut nested) = (book(), book(), book());
    everything(&mut alone).unwrap();
    together.atomically(everything).unwrap();
    nested.atomically(|book| book.atomically(everything)).unwrap();
    assert_eq!(whole(&together), whole(&alone));
    assert_eq!(whole(&nested), whole(&alone));
}

#[test]
fn what_ends_badly_was_never_there() {
    let rolled_back = |book: &mut Book| book.atomically(and_fails(everything));
    check_rejected("one", book(), rolled_back, Rejection::UnknownPayment);
    let inside = |book: &mut Book| book.atomically(|book| book.atomically(and_fails(everything)));
    check_rejected("inner", book(), inside, Rejection::UnknownPayment);
    let outside = |book: &mut Book| {
        book.atomically(and_fails(|book| {
            book.retry_at(PENDING, at(1))?;
            book.atomically(everything)
        }))
    };
    check_rejected("outer", book(), outside, Rejection::UnknownPayment);
}

#[test]
fn an_inner_failure_takes_back_the_inner_part_alone() {
    let (mut book, mut expected) = (book(), book());
    book.retry_at(PENDING, at(1)).unwrap();
    book.atomically(|book| {
        book.lease(PENDING, at(20))?;
        book.retry_at(PENDING, at(2))?;
        assert_eq!(book.atomically(and_fails(everything)), Err(Rejection::UnknownPayment));
        book.lease(SETTLED, at(40))
    })
    .unwrap();

    expected.retry_at(PENDING, at(1)).unwrap();
    expected.lease(PENDING, at(20)).unwrap();
    expected.retry_at(PENDING, at(2)).unwrap();
    expected.lease(SETTLED, at(40)).unwrap();
    assert_eq!(whole(&book), whole(&expected));
}

#[test]
fn what_was_changed_before_stays_changed() {
    let mut book = book();
    let legs = [leg(ACQUIRER, -100, "USD"), leg(MERCHANT, 100, "USD")];
    book.retry_at(PENDING, at(3)).unwrap();
    book.post(PENDING, &legs, &step(Status::Success)).unwrap();
    let before = whole(&book);
    let again = |book: &mut Book| {
        book.retry_at(PENDING, at(9))?;
        let back = [leg(MERCHANT, -100, "USD"), leg(ACQUIRER, 100, "USD")];
        book.post(PENDING, &back, &step(Status::Reversed))
    };
    assert_eq!(book.atomically(and_fails(again)), Err(Rejection::UnknownPayment));
    assert_eq!(whole(&book), before);
    let changes = book.into_changes();
    assert_eq!(changes.due, [(PENDING, at(3))]);
    let counts = (changes.payments.len(), changes.accounts.len(), changes.entries.len());
    assert_eq!(counts, (1, 2, 1));
}

#[test]
fn what_fails_for_another_reason_is_taken_back_too() {
    let mut book = book();
    let before = whole(&book);
    let result = book.atomically(|book| {
        everything(book).map_err(|rejection| rejection.to_string())?;
        Err("enough".to_owned())
    });
    assert_eq!((result, whole(&book)), (Err("enough".to_owned()), before));
}
