//! Whether the amounts of a payment fit each other.

use super::check::{Check, Findings, Row};
use super::fact::PaymentFact;
use super::words::Told;
use crate::kind::Way;
use crate::money::Money;
use crate::status::Status;
use crate::terms::Terms;

/// Amount, debit and credit make each other; what was captured is a part of what was held.
pub(super) fn prove(fact: &PaymentFact, findings: &mut Findings<'_>) {
    let payment = &fact.record.payment;
    let (amount, debit, credit) = (payment.amount, payment.debit, payment.credit);
    let mut at = findings.at(debit.currency, Row::Payment(payment.id));

    let least_debit = match payment.kind.rules().way {
        // What a small refund takes back may round to zero.
        Way::Back => 0,
        Way::Between { .. } => 1,
    };
    let positive = amount.minor > 0 && credit.minor > 0 && debit.minor >= least_debit;
    let sides =
        || format!("amount {}, debit {}, credit {}", amount.told(), debit.told(), credit.told());
    at.holds(Check::AmountNotPositive, positive, sides);
    let fits = match payment.kind.rules().way {
        Way::Back => {
            use Status::{ManualReview, Processing, Reversed, Success};
            let claimed = matches!(payment.status, Processing | ManualReview | Success | Reversed);
            let plain = debit.currency == credit.currency;
            credit == amount && (debit == credit || !plain || !claimed)
        }
        Way::Between { .. } => {
            let (fx, quote) = (fact.record.fx.clone(), fact.record.quote);
            Terms { amount, debit, credit, fx, quote }.hold_together()
        }
    };
    at.holds(Check::TermsDiffer, fits, || format!("{}, rate {}", sides(), fact.record.fx.told()));

    let captured = payment.captured_minor;
    let detail = || {
        let captured = captured.map(|minor| Money { minor, ..debit });
        format!("captured {} of {}", captured.told(), debit.told())
    };
    at.holds(Check::CaptureWithoutHold, captured.is_none() || payment.hold, detail);
    let in_range = captured.is_none_or(|captured| (1..=debit.minor).contains(&captured));
    at.holds(Check::CaptureOutOfRange, in_range, detail);
    let settled = fact.transitions.iter().find(|row| row.to == Status::Success);
    let was_held = settled.is_some_and(|row| row.from == Status::Authorized);
    at.holds(Check::CaptureDiffers, captured.is_some() == was_held, || {
        let from = settled.map(|row| row.from);
        format!("{}, SUCCESS came after {}", detail(), from.told())
    });

    let authorized = payment.status == Status::Authorized
        || fact.transitions.iter().any(|row| row.to == Status::Authorized);
    let complete = payment.hold && payment.expires_at.is_some();
    at.holds(Check::AuthorizationIncomplete, complete || !authorized, || {
        let hold = if payment.hold { "to be held" } else { "not to be held" };
        format!("{hold}, until {}", payment.expires_at.told())
    });
}
