//! What a payment holds, what it moves and what its parts are worth.

use super::*;
use crate::fixtures::{self, at, money, rate};
use proptest::prelude::*;
use uuid::Uuid;

const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const SOURCE: AccountId = AccountId(Uuid::from_u128(1));
const DESTINATION: AccountId = AccountId(Uuid::from_u128(2));

fn payment(kind: Kind) -> Payment {
    let payment = fixtures::payment(ID, kind, money(100, "USD"), (SOURCE, DESTINATION));
    Payment { credit: money(15, "JPY"), ..payment }
}

#[test]
fn what_is_held_is_the_debit_in_the_states_of_the_table() {
    let mut held = Vec::new();
    for kind in Kind::ALL {
        for status in Status::ALL {
            let payment = Payment { status: *status, ..payment(*kind) };
            if let Some(money) = payment.held() {
                assert_eq!(money, payment.debit);
                held.push((*kind, *status));
            }
        }
    }
    let mut expected: Vec<_> = crate::kind::holding().collect();
    expected.sort();
    assert_eq!(held, expected);
}

#[test]
fn what_moves_is_all_of_it_or_the_captured_share() {
    let moved = |captured_minor| Payment { captured_minor, ..payment(Kind::Transfer) }.moved();
    let both = |usd, yen| (money(usd, "USD"), money(yen, "JPY"));
    assert_eq!(moved(None), both(100, 15));
    assert_eq!(moved(Some(100)), both(100, 15));
    assert_eq!(moved(Some(60)), both(60, 9));
    assert_eq!(moved(Some(59)), both(59, 8));
    assert_eq!(moved(Some(6)), both(6, 0));
}

#[test]
fn what_can_be_refunded_is_what_moved_less_what_is_or_will_be() {
    let left = |captured_minor, refunded_minor, refunding_minor| {
        Payment { captured_minor, refunded_minor, refunding_minor, ..payment(Kind::Transfer) }
            .refundable_minor()
    };
    assert_eq!(left(None, 0, 0), 100);
    assert_eq!(left(None, 30, 20), 50);
    assert_eq!(left(Some(60), 30, 20), 10);
    assert_eq!(left(Some(60), 60, 0), 0);
}

#[test]
fn a_share_is_rounded_down_and_stays_between_its_ends() {
    for (total, part, whole, expected) in [
        (15, 0, 100, 0),
        (15, 6, 100, 0),
        (15, 7, 100, 1),
        (15, 99, 100, 14),
        (15, 100, 100, 15),
        (15, 101, 100, 15),
        (15, -1, 100, 0),
        (15, i64::MIN, 100, 0),
        (15, i64::MAX, 100, 15),
        (0, 50, 100, 0),
        (-15, 50, 100, 0),
        (15, 50, 0, 0),
        (15, 50, -100, 0),
        (i64::MAX, i64::MAX, i64::MAX, i64::MAX),
        (i64::MAX, i64::MAX - 1, i64::MAX, i64::MAX - 1),
    ] {
        assert_eq!(share(total, part, whole), expected, "{part} of {whole} in {total}");
    }
}

proptest! {
    #[test]
    fn a_share_grows_with_its_part(
        total in any::<i64>(), whole in any::<i64>(), part in any::<i64>(), more in 0..i64::MAX
    ) {
        let (less, more) = (share(total, part, whole), share(total, part.saturating_add(more), whole));
        prop_assert!(0 <= less && less <= more && more <= total.max(0));
        prop_assert_eq!(share(total, whole, whole), if whole > 0 { total.max(0) } else { 0 });
    }

    #[test]
    fn two_shares_are_never_more_than_that_of_both(
        total in 0..i64::MAX, whole in 1..i64::MAX, cut in any::<(u64, u64)>()
    ) {
        let all = whole.unsigned_abs();
        let both = i64::try_from(cut.0 % (all + 1)).unwrap();
        let one = i64::try_from(cut.1 % (both.unsigned_abs() + 1)).unwrap();
        let sum = share(total, one, whole) + share(total, both - one, whole);
        prop_assert!((sum..=sum + 1).contains(&share(total, both, whole)));
    }
}

#[test]
fn an_accepted_payment_is_pending_and_has_done_nothing() {
    let fx = rate("USD", "JPY", "15");
    let sides = (money(1, "USD").currency, money(1, "JPY").currency);
    let terms = Terms::agree(money(100, "USD"), sides.0, sides.1, Some(fx.clone()), None).unwrap();
    let request =
        Details::default().request(&Principal::Operator, Operation::Transfer, fixtures::owner());
    let new = NewPayment {
        id: ID,
        kind: Kind::Transfer,
        terms,
        source: SOURCE,
        destination: DESTINATION,
        parent: None,
        hold: true,
        request: request.clone(),
    };
    let record = new.accepted(at(5));
    let expected =
        Payment { hold: true, created_at: at(5), updated_at: at(5), ..payment(Kind::Transfer) };
    assert_eq!(record.payment, expected);
    assert_eq!((record.fx, record.quote, record.request), (Some(fx), None, request));
}
