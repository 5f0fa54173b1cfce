//! What becomes of money that is held at a client's wish: captured, whole or in part, or given back.

use crate::book::{Book, Rejection, Step};
use crate::id::PaymentId;
use crate::identity::Actor;
use crate::payment::{Payment, Reason};
use crate::status::Status;
use crate::transfer::legs;
use thiserror::Error;

/// Why a hold can't be captured or voided. Nothing changed, but that one whose time is over expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HoldError {
    /// Nothing is held for the payment in that state.
    #[error("nothing is held: the payment is {0}")]
    NotAuthorized(Status),
    /// More than what is held.
    #[error("more than what is held")]
    ExceedsAuthorization,
    /// The credit of so small a part rounds to zero.
    #[error("too small a part to be credited")]
    TooSmall,
    /// A rule of the book.
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

/// Captures what is held: all of it, or `minor` of the debit, the rest being given back. One that
/// was captured to the same amount stays as it is; one whose time is over expires.
///
/// # Errors
/// [`HoldError`].
pub fn capture(
    book: &mut Book,
    id: PaymentId,
    minor: Option<i64>,
    by: &Actor,
) -> Result<(), HoldError> {
    let payment = held(book, id)?;
    let part = minor.unwrap_or(payment.debit.minor);
    match payment.status {
        Status::Success | Status::Reversed if payment.captured_minor.is_some() => {
            let same = payment.captured_minor == Some(part);
            return if same { Ok(()) } else { Err(HoldError::NotAuthorized(payment.status)) };
        }
        Status::Authorized => {}
        other => return Err(HoldError::NotAuthorized(other)),
    }
    if !(1..=payment.debit.minor).contains(&part) {
        return Err(HoldError::ExceedsAuthorization);
    }
    let (debit, credit) = Payment { captured_minor: Some(part), ..payment.clone() }.moved();
    if credit.minor == 0 {
        return Err(HoldError::TooSmall);
    }
    let legs = legs(book, &payment, debit, credit)?;
    let step = Step::asked_by(by.clone(), Status::Success, Reason::Captured);
    Ok(book.capture(id, part, &legs, &step)?)
}

/// Gives what is held back. One that was voided stays as it is; one whose time is over expires.
///
/// # Errors
/// [`HoldError`].
pub fn void(book: &mut Book, id: PaymentId, by: &Actor) -> Result<(), HoldError> {
    match held(book, id)?.status {
        Status::Voided => Ok(()),
        Status::Authorized => {
            Ok(book.transition(id, &Step::asked_by(by.clone(), Status::Voided, Reason::Voided))?)
        }
        other => Err(HoldError::NotAuthorized(other)),
    }
}

/// The payment, which is expired first if its time is over.
fn held(book: &mut Book, id: PaymentId) -> Result<Payment, HoldError> {
    let payment = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let over = payment.expires_at.is_some_and(|at| at <= book.now());
    if payment.status == Status::Authorized && over {
        book.transition(id, &Step::by_worker(Status::Expired, Reason::Expired))?;
    }
    Ok(book.payment(id).ok_or(Rejection::UnknownPayment)?.clone())
}
