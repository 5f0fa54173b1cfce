//! A payment against all that belongs to it.

use super::check::{Check, Findings, Row};
use super::fact::PaymentFact;
use super::roles::{self, SystemAccounts};
use super::words::Told;
use super::{amounts, entries, refunds, timeline};
use crate::Timestamp;
use crate::payment::Payment;
use crate::status::Status;

/// Looks at a payment from all sides. What should have been decided before `overdue_before` is
/// overdue.
pub(super) fn prove(
    fact: &PaymentFact,
    system: &SystemAccounts,
    overdue_before: Option<Timestamp>,
    findings: &mut Findings<'_>,
) {
    let payment = &fact.record.payment;
    timeline::prove(fact, findings);
    entries::prove(fact, system, findings);
    amounts::prove(fact, findings);
    refunds::prove(fact, findings);
    roles::prove(payment, system, findings);

    let overdue = waits_since(payment).filter(|since| Some(*since) < overdue_before);
    if let Some(since) = overdue {
        let parked = if payment.parked { ", parked" } else { "" };
        let mut at = findings.at(payment.debit.currency, Row::Payment(payment.id));
        let since = since.told();
        at.found(Check::Overdue, format!("{} and due since {since}{parked}", payment.status));
    }
}

/// Since when a payment waits for nobody but a worker. One that is parked waits, too.
fn waits_since(payment: &Payment) -> Option<Timestamp> {
    match payment.status {
        Status::Pending | Status::Processing => {
            Some(payment.lease_until.map_or(payment.created_at, |it| it.max(payment.created_at)))
        }
        Status::Authorized => payment.expires_at,
        _ => None,
    }
}
