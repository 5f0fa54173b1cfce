//! A payment against its timeline.

use super::check::{Check, Findings, Row};
use super::fact::PaymentFact;
use super::words::Told;
use crate::status::Status;

/// The timeline leads from PENDING, without a gap and by the table, to where the payment stands.
pub(super) fn prove(fact: &PaymentFact, findings: &mut Findings<'_>) {
    let payment = &fact.record.payment;
    let (mut seq, mut status) = (0i32, Status::Pending);
    for row in &fact.transitions {
        let mut at = findings.at(payment.debit.currency, Row::Transition(row.payment, row.seq));
        at.equal(Check::TransitionPaymentDiffers, row.payment, payment.id);
        at.equal(Check::TransitionSeqGap, Some(row.seq), seq.checked_add(1));
        at.equal(Check::TransitionFromDiffers, row.from, status);
        let legal = row.from.may_become(row.to);
        at.holds(Check::TransitionIllegal, legal, || format!("{} to {}", row.from, row.to));
        (seq, status) = (row.seq, row.to);
    }
    let mut at = findings.at(payment.debit.currency, Row::Payment(payment.id));
    at.equal(Check::TransitionCountDiffers, payment.transitions, seq);
    at.equal(Check::StatusDiffers, payment.status, status);
    let failed = payment.status == Status::Failed;
    at.holds(Check::FailureDiffers, payment.failure.is_some() == failed, || {
        let code = payment.failure.as_ref().map(|failure| failure.code);
        format!("{} with the failure {}", payment.status, code.told())
    });
}
