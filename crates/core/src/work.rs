//! What a worker does with a payment that is due, whatever its kind.

use crate::book::Book;
use crate::id::PaymentId;
use crate::kind::DecidedBy;
use crate::provider::{self, ClaimPolicy};
use crate::refund;
use crate::transfer;
use chrono::TimeDelta;

/// How workers go about what is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkPolicy {
    /// How providers are called.
    pub claim: ClaimPolicy,
    /// How long a hold lasts.
    pub hold_for: TimeDelta,
}

impl Default for WorkPolicy {
    /// A week for holds, as for most cards.
    fn default() -> Self {
        Self { claim: ClaimPolicy::default(), hold_for: TimeDelta::days(7) }
    }
}

/// Does what is due for a payment: what needs no provider is settled; what does is claimed, and
/// PROCESSING then.
///
/// # Errors
/// A stable code when the row can't take the step; such a row is poison.
pub fn process(book: &mut Book, id: PaymentId, policy: &WorkPolicy) -> Result<(), &'static str> {
    let Some(payment) = book.payment(id) else { return Ok(()) };
    let done = match payment.kind.rules().decided_by {
        DecidedBy::Book => transfer::process(book, id, policy.hold_for),
        DecidedBy::Parent if !refund::needs_provider(book, payment) => refund::process(book, id),
        DecidedBy::Parent | DecidedBy::Authorization | DecidedBy::PayoutSubmission => {
            provider::claim(book, id, &policy.claim)
        }
    };
    done.map_err(|rejection| rejection.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::fixtures::{self, at, money};
    use crate::id::AccountId;
    use crate::kind::Kind;
    use crate::payment::Payment;
    use crate::status::Status;
    use uuid::Uuid;

    const ID: PaymentId = PaymentId(Uuid::from_u128(1));
    const ORIGINAL: PaymentId = PaymentId(Uuid::from_u128(2));
    const FROM: AccountId = AccountId(Uuid::from_u128(1));
    const TO: AccountId = AccountId(Uuid::from_u128(2));

    fn processed(payment: Payment, of: Kind) -> Result<(Status, i32), &'static str> {
        let original = fixtures::payment(ORIGINAL, of, money(10, "USD"), (TO, FROM));
        let original = Payment { status: Status::Success, ..original };
        let rich = |id| Account { posted_minor: 100, ..fixtures::account(id, "USD") };
        let mut book = Book::new(at(0), vec![payment, original], vec![rich(FROM), rich(TO)]);
        process(&mut book, ID, &WorkPolicy::default())?;
        Ok(book.payment(ID).map_or((Status::Pending, 0), |it| (it.status, it.attempts)))
    }

    #[test]
    fn what_needs_no_provider_is_settled_and_what_does_is_claimed() {
        let payment = |kind| fixtures::payment(ID, kind, money(10, "USD"), (FROM, TO));
        let refund = || Payment { parent: Some(ORIGINAL), ..payment(Kind::Refund) };
        for (payment, of, expected) in [
            (payment(Kind::Transfer), Kind::Charge, Ok((Status::Success, 0))),
            (payment(Kind::Deposit), Kind::Charge, Ok((Status::Success, 0))),
            (payment(Kind::Opening), Kind::Charge, Ok((Status::Success, 0))),
            (payment(Kind::Charge), Kind::Charge, Ok((Status::Processing, 1))),
            (refund(), Kind::Transfer, Ok((Status::Success, 0))),
            (refund(), Kind::Charge, Ok((Status::Processing, 1))),
            (refund(), Kind::Deposit, Ok((Status::Failed, 0))),
            (payment(Kind::Payout), Kind::Charge, Err("unsupported-kind")),
            (payment(Kind::Refund), Kind::Charge, Err("unknown-payment")),
        ] {
            let case = format!("{} of a {of}", payment.kind);
            assert_eq!(processed(payment, of), expected, "{case}");
        }
    }

    #[test]
    fn an_unknown_id_is_left_alone() {
        let mut book = Book::new(at(0), vec![], vec![]);
        assert_eq!(process(&mut book, ID, &WorkPolicy::default()), Ok(()));
    }
}
