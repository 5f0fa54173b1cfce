//! How a payment is given back, whole or in parts.
//!
//! A refund's amount is in the currency that was debited. Of what was credited it takes back its
//! share so that no residue is left: with debit D, credit C and S refunded in all, refund k takes
//! ⌊C·Sₖ/D⌋ − ⌊C·Sₖ₋₁/D⌋. What is claimed counts as refunded already, so that refunds that run at
//! the same time never exceed the rest.

use crate::book::{Book, Rejection, Step};
use crate::id::PaymentId;
use crate::kind::RefundedBy;
use crate::money::Money;
use crate::payment::{Payment, Reason, share};
use crate::status::Status;
use crate::transfer::{fail, legs};

/// Why a payment can't be refunded by so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRefundable {
    /// It is of another kind, or has not moved money.
    State,
    /// More than what is left of it.
    ExceedsRemainder,
}

impl NotRefundable {
    /// The stable code.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::State => Reason::NotRefundable,
            Self::ExceedsRemainder => Reason::RefundExceedsRemainder,
        }
    }
}

/// Whether so much, in minor units of the debit's currency, can be refunded of a payment now.
///
/// # Errors
/// [`NotRefundable`].
pub fn check(original: &Payment, minor: i64) -> Result<(), NotRefundable> {
    let moved = matches!(original.status, Status::Success | Status::Reversed);
    if !original.kind.is_refundable() || !moved {
        return Err(NotRefundable::State);
    }
    match (1..=original.refundable_minor()).contains(&minor) {
        true => Ok(()),
        false => Err(NotRefundable::ExceedsRemainder),
    }
}

/// What a refund of so much takes back of the credit, after what is refunded or claimed already.
#[must_use]
pub fn taken_back(original: &Payment, minor: i64) -> Money {
    let (debit, credit) = original.moved();
    let before = original.refunded_minor.saturating_add(original.refunding_minor);
    let part = |of: i64| share(credit.minor, of, debit.minor);
    Money { minor: part(before.saturating_add(minor)).saturating_sub(part(before)), ..credit }
}

/// Whether a provider has to give the money back, because it took it from outside.
#[must_use]
pub fn needs_provider(book: &Book, refund: &Payment) -> bool {
    let original = refund.parent.and_then(|parent| book.payment(parent));
    original.is_some_and(|original| match original.kind.rules().refunded_by {
        RefundedBy::Provider => true,
        RefundedBy::Book | RefundedBy::Nobody => false,
    })
}

/// Settles a PENDING refund of a transfer in one go; FAILED if its original or its accounts forbid
/// it.
///
/// # Errors
/// [`Rejection`] when a row can't take the step; such a row is poison.
pub fn process(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    let pending = |payment: &&Payment| payment.status == Status::Pending && !payment.parked;
    if book.payment(id).filter(pending).is_none() {
        return Ok(());
    }
    let outcome = book.atomically(|book| {
        claim_amount(book, id)?;
        Ok(finish(book, id)?)
    });
    outcome.or_else(|error: Refused| error.fail(book, id))
}

/// Makes a PENDING refund PROCESSING, before its provider is called: the amount is claimed at the
/// original and held at the account it comes from. FAILED if either forbids it, or if what the
/// provider would give back could not be posted.
pub(crate) fn begin(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    let outcome = book.atomically(|book| {
        claim_amount(book, id)?;
        let refund = book.payment(id).ok_or(Rejection::UnknownPayment)?;
        book.could_post(&legs(book, refund, refund.debit, refund.credit)?)?;
        Ok(book.transition(id, &Step::by_worker(Status::Processing, Reason::Claimed))?)
    });
    outcome.or_else(|error: Refused| error.fail(book, id))
}

/// Posts a refund whose amount is claimed, and counts it at the original.
pub(crate) fn complete(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    book.atomically(|book| finish(book, id))
}

/// Gives the claimed amount of a refund up that the provider refused.
pub(crate) fn cancel(book: &mut Book, id: PaymentId, step: &Step) -> Result<(), Rejection> {
    let refund = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let parent = refund.parent.ok_or(Rejection::UnknownPayment)?;
    let claimed = if refund.held().is_some() { refund.credit.minor } else { 0 };
    let refunding = unclaimed(book.payment(parent), claimed)?;
    book.atomically(|book| {
        book.transition(id, step)?;
        book.amend(parent, |original| original.refunding_minor = refunding)
    })
}

/// What an original has claimed when that much of it is no longer about to be refunded.
fn unclaimed(original: Option<&Payment>, minor: i64) -> Result<i64, Rejection> {
    let refunding = original.ok_or(Rejection::UnknownPayment)?.refunding_minor;
    refunding.checked_sub(minor).filter(|rest| *rest >= 0).ok_or(Rejection::Overflow)
}

/// Why a refund goes no further.
enum Refused {
    ByOriginal(NotRefundable),
    ByBook(Rejection),
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::ByBook(rejection)
    }
}

impl Refused {
    fn fail(self, book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
        match self {
            Self::ByBook(rejection) => fail(book, id, rejection),
            Self::ByOriginal(why) => {
                let detail = match why {
                    NotRefundable::State => "The payment can't be refunded.",
                    NotRefundable::ExceedsRemainder => "More than what is left of the payment.",
                };
                book.transition(id, &Step::failed(why.reason(), detail))
            }
        }
    }
}

/// Raises what the original has claimed, and fixes what the refund takes back.
fn claim_amount(book: &mut Book, id: PaymentId) -> Result<(), Refused> {
    let refund = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let parent = refund.parent.ok_or(Rejection::UnknownPayment)?;
    let minor = refund.credit.minor;
    let original = book.payment(parent).ok_or(Refused::ByOriginal(NotRefundable::State))?;
    if !mirrors(refund, original) {
        return Err(Refused::ByOriginal(NotRefundable::State));
    }
    check(original, minor).map_err(Refused::ByOriginal)?;
    let debit = taken_back(original, minor);
    let refunding = original.refunding_minor.checked_add(minor).ok_or(Rejection::Overflow)?;
    book.amend(parent, |original| original.refunding_minor = refunding)?;
    book.amend(id, |refund| refund.debit = debit)?;
    Ok(())
}

/// Whether a refund leads back between the accounts of its original, in their currencies.
fn mirrors(refund: &Payment, original: &Payment) -> bool {
    let there = (original.source, original.debit.currency);
    let back = (refund.destination, refund.credit.currency);
    let taken = (original.destination, original.credit.currency);
    let given = (refund.source, refund.debit.currency);
    there == back && taken == given
}

/// Posts the refund, and turns what is claimed at the original into what is refunded.
fn finish(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    let refund = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let parent = refund.parent.ok_or(Rejection::UnknownPayment)?;
    let minor = refund.credit.minor;
    let legs = legs(book, refund, refund.debit, refund.credit)?;
    book.post(id, &legs, &Step::by_worker(Status::Success, Reason::Settled))?;
    let original = book.payment(parent).ok_or(Rejection::UnknownPayment)?;
    let refunding = unclaimed(Some(original), minor)?;
    let refunded = original.refunded_minor.checked_add(minor).ok_or(Rejection::Overflow)?;
    let whole = refunded == original.moved().0.minor;
    book.amend(parent, |original| {
        original.refunding_minor = refunding;
        original.refunded_minor = refunded;
    })?;
    if whole {
        book.transition(parent, &Step::by_worker(Status::Reversed, Reason::Refunded))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
