//! A payment against its refunds.

use super::check::{Check, Findings, Row};
use super::fact::PaymentFact;
use super::words::{Sum, Told};
use crate::money::Money;
use crate::payment::share;
use crate::status::Status;

/// What a payment counts as refunded is what its refunds did, never more than it moved, and what
/// they took back is their share of what it credited.
pub(super) fn prove(fact: &PaymentFact, findings: &mut Findings<'_>) {
    let (payment, sums) = (&fact.record.payment, &fact.refunds);
    let (debit, credit) = payment.moved();
    let (refunded, refunding) = (payment.refunded_minor, payment.refunding_minor);
    let mut at = findings.at(debit.currency, Row::Payment(payment.id));
    let of_debit = |minor: i64| Money { minor, ..debit };
    let mut differs = |check, is: i64, minor: i128| {
        at.equal(check, Sum::from(of_debit(is)), Sum { minor, currency: debit.currency });
    };
    differs(Check::RefundedDiffers, refunded, sums.refunded_minor);
    differs(Check::RefundingDiffers, refunding, sums.refunding_minor);
    let all = i128::from(refunded).saturating_add(i128::from(refunding));
    let counted = || {
        let [refunded, refunding] = [refunded, refunding].map(|minor| of_debit(minor).told());
        format!("refunded {refunded}, refunding {refunding} of {}", debit.told())
    };
    at.holds(Check::RefundsExceedPayment, all <= i128::from(debit.minor), counted);

    let refundable = payment.kind.is_refundable();
    let moved = matches!(payment.status, Status::Success | Status::Reversed);
    let untouched = refunded == 0 && refunding == 0;
    at.holds(Check::NotRefundable, untouched || (refundable && moved), || {
        format!("{} of a {} that is {}", counted(), payment.kind, payment.status)
    });
    let whole = refunded > 0 && refunded == debit.minor;
    at.holds(Check::ReversedDiffers, whole == (payment.status == Status::Reversed), || {
        format!("{} and {}", counted(), payment.status)
    });

    let taken_back = Sum { minor: sums.taken_back_minor, currency: credit.currency };
    let should = |minor: i64| Sum::from(Money { minor, ..credit });
    if debit.currency == credit.currency {
        at.equal(Check::TakenBackDiffers, taken_back, should(refunded));
    } else if refunding == 0 {
        let part = share(credit.minor, refunded, debit.minor);
        at.equal(Check::TakenBackDiffers, taken_back, should(part));
    }
}
