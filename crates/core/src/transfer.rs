//! How money moves that no provider is asked about, so that it is decided in one transaction:
//! transfers, deposits that a bank has told of, and opening balances.

use crate::account::SystemAccount;
use crate::book::{Book, Rejection, Step};
use crate::id::{AccountId, PaymentId};
use crate::journal::Leg;
use crate::money::{Currency, Money};
use crate::payment::{Payment, Reason};
use crate::status::Status;
use chrono::TimeDelta;

/// Does what is due for a payment that the book alone decides about: settles or holds it if it is PENDING, gives what it
/// holds back if its time is over. Otherwise, or parked, it is left alone. What its accounts or
/// money forbid makes it FAILED with that reason.
///
/// # Errors
/// [`Rejection`] when the row can't take the step; such a row is poison.
pub fn process(book: &mut Book, id: PaymentId, hold_for: TimeDelta) -> Result<(), Rejection> {
    let Some(payment) = book.payment(id).filter(|payment| !payment.parked) else { return Ok(()) };
    let over = payment.expires_at.is_some_and(|at| at <= book.now());
    match payment.status {
        Status::Pending => {
            let outcome = match payment.hold {
                true => {
                    let until = book.now().checked_add_signed(hold_for);
                    book.authorize(id, until.ok_or(Rejection::Overflow)?)
                }
                false => settle(book, id),
            };
            outcome.or_else(|rejection| fail(book, id, rejection))
        }
        Status::Authorized if over => {
            book.transition(id, &Step::by_worker(Status::Expired, Reason::Expired))
        }
        _ => Ok(()),
    }
}

fn settle(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    let payment = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let legs = legs(book, payment, payment.debit, payment.credit)?;
    book.post(id, &legs, &Step::by_worker(Status::Success, Reason::Settled))
}

/// Fails a payment for what its accounts or money forbid; anything else is passed on.
pub(crate) fn fail(book: &mut Book, id: PaymentId, why: Rejection) -> Result<(), Rejection> {
    let reason = why.failure().ok_or(why)?;
    book.transition(id, &Step::failed(reason, format!("Not possible: {why}.")))
}

/// The sides of a movement from a payment's source to its destination. Between two currencies both
/// go through the liquidity account of each. A side that is zero is left out.
///
/// # Errors
/// [`Rejection::UnknownAccount`] if a liquidity account is not in the book, and
/// [`Rejection::Overflow`].
pub fn legs(
    book: &Book,
    payment: &Payment,
    debit: Money,
    credit: Money,
) -> Result<Vec<Leg>, Rejection> {
    let liquidity = |currency| book.system_account(SystemAccount::FxLiquidity, currency);
    legs_through(payment, debit, credit, liquidity)
}

/// As [`legs`], with the liquidity account of each currency as `liquidity` knows it.
pub(crate) fn legs_through(
    payment: &Payment,
    debit: Money,
    credit: Money,
    liquidity: impl Fn(Currency) -> Option<AccountId>,
) -> Result<Vec<Leg>, Rejection> {
    let leg = |account, amount| Leg { account, amount };
    let minus = |money: Money| money.negated().ok_or(Rejection::Overflow);
    let converted = debit.currency != credit.currency;
    let mut legs = Vec::with_capacity(4);
    for (outside, amount) in [(payment.source, minus(debit)?), (payment.destination, credit)] {
        if amount.minor == 0 {
            continue;
        }
        legs.push(leg(outside, amount));
        if converted {
            let between = liquidity(amount.currency).ok_or(Rejection::UnknownAccount)?;
            legs.push(leg(between, minus(amount)?));
        }
    }
    Ok(legs)
}

#[cfg(test)]
mod tests;
