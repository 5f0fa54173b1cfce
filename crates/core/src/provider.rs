//! How a payment is decided that the provider has a say in, a charge or the refund of one: claimed
//! under a lease, then settled by what the provider said.
//!
//! The lease alone gates claiming. Between claim and settlement no lock is held, so every settle
//! decision looks at the row afresh: another attempt may have been faster.

use crate::Timestamp;
use crate::book::{Book, Rejection, Step};
use crate::id::PaymentId;
use crate::kind::DecidedBy;
use crate::payment::{Payment, Reason};
use crate::refund;
use crate::status::Status;
use crate::transfer::{fail, legs};
use chrono::TimeDelta;

/// How long claims last and how often they are repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPolicy {
    /// How long a claim keeps others away; longer than a provider call may take.
    pub lease: TimeDelta,
    /// How often the provider is called before a person must decide.
    pub max_attempts: i32,
    /// The wait before the second attempt; it doubles with each further one.
    pub backoff: TimeDelta,
}

impl Default for ClaimPolicy {
    fn default() -> Self {
        Self { lease: TimeDelta::seconds(30), max_attempts: 5, backoff: TimeDelta::seconds(1) }
    }
}

impl ClaimPolicy {
    /// The wait after attempt `attempt` (from 1): `backoff`, twice that, four times that, …
    fn backoff_after(&self, attempt: i32) -> TimeDelta {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(16);
        self.backoff
            .checked_mul(1i32.checked_shl(doublings).unwrap_or(i32::MAX))
            .unwrap_or(self.lease)
    }

    /// How many claims without any settlement mean that settling itself keeps failing.
    fn given_up_at(&self) -> i32 {
        self.max_attempts.saturating_mul(2).max(1)
    }

    /// Whether the calls are used up, so that this attempt may only ask for the outcome.
    #[must_use]
    pub fn only_asks(&self, attempt: i32) -> bool {
        attempt > self.max_attempts
    }
}

/// What a provider is asked to do about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Take the money from the payer.
    Authorize,
    /// Give money back that it took.
    Refund {
        /// The payment it was taken for.
        of: PaymentId,
    },
}

/// What the provider is asked about a payment. Its kind says that, so that money that is to be paid
/// out is never taken instead.
///
/// # Errors
/// [`Rejection::UnsupportedKind`] if no provider is to be asked about it, or there is none yet, and
/// [`Rejection::UnknownPayment`] if it is a refund of nothing.
pub fn call(payment: &Payment) -> Result<Call, Rejection> {
    match payment.kind.rules().decided_by {
        DecidedBy::Authorization => Ok(Call::Authorize),
        DecidedBy::Parent => {
            payment.parent.map(|of| Call::Refund { of }).ok_or(Rejection::UnknownPayment)
        }
        DecidedBy::PayoutSubmission | DecidedBy::Book => Err(Rejection::UnsupportedKind),
    }
}

/// What the provider said of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the money.
    Approved,
    /// It refused, for one of the reasons that are a refusal.
    Declined(Decline),
    /// It gave no answer that can be relied on, and may or may not have taken the money.
    Unknown,
    /// It was not asked: the claim came too close to the end of its lease.
    NotAsked {
        /// Which lease. A claim that was given back does not count, so its number comes again, and
        /// alone does not tell it from the next.
        lease_until: Option<Timestamp>,
    },
}

/// Why a provider refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// Without a further reason.
    Generic,
    /// The payer's bank has too little of the payer's money.
    InsufficientFunds,
}

impl Decline {
    /// The stable code.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Generic => Reason::Declined,
            Self::InsufficientFunds => Reason::PayerInsufficientFunds,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Generic => "The acquirer declined the payment.",
            Self::InsufficientFunds => "The payer's bank declined for insufficient funds.",
        }
    }
}

/// Claims a payment if it is free: PENDING becomes PROCESSING, the attempt is counted, the lease
/// begins. One that is at its end, parked, in review or under a live lease is left alone. One
/// that was claimed again and again and never settled goes to a person.
///
/// # Errors
/// [`Rejection`] when the row can't take the step; such a row is poison.
pub fn claim(book: &mut Book, id: PaymentId, policy: &ClaimPolicy) -> Result<(), Rejection> {
    let Some(payment) = book.payment(id) else { return Ok(()) };
    if !claimable(payment, book.now()) {
        return Ok(());
    }
    let call = call(payment)?;
    if payment.attempts >= policy.given_up_at() {
        return give_up(book, id, call);
    }
    // Before the step, so that a claim is made whole or not at all.
    let until = book.now().checked_add_signed(policy.lease).ok_or(Rejection::Overflow)?;
    if payment.status == Status::Pending {
        match call {
            Call::Authorize => begin(book, id)?,
            Call::Refund { .. } => refund::begin(book, id)?,
        }
    }
    match book.payment(id).is_some_and(|payment| payment.status == Status::Processing) {
        true => book.lease(id, until),
        false => Ok(()),
    }
}

/// Makes a PENDING payment PROCESSING, before its provider is called; FAILED if what the provider
/// would move could not be posted.
fn begin(book: &mut Book, id: PaymentId) -> Result<(), Rejection> {
    let payment = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let postable =
        legs(book, payment, payment.debit, payment.credit).and_then(|legs| book.could_post(&legs));
    match postable {
        Ok(()) => book.transition(id, &Step::by_worker(Status::Processing, Reason::Claimed)),
        Err(rejection) => fail(book, id, rejection),
    }
}

/// Hands a payment to a person. A refund that was never begun is begun first: what waits for a person
/// is claimed at its original and held, as if it waited for the provider.
fn give_up(book: &mut Book, id: PaymentId, call: Call) -> Result<(), Rejection> {
    book.atomically(|book| {
        let pending = book.payment(id).is_some_and(|payment| payment.status == Status::Pending);
        match call {
            Call::Refund { .. } if pending => refund::begin(book, id)?,
            Call::Refund { .. } | Call::Authorize => {}
        }
        match book.payment(id).is_some_and(|payment| payment.status.is_in_flight()) {
            true => book.transition(id, &outcome_unknown()),
            false => Ok(()),
        }
    })
}

fn outcome_unknown() -> Step {
    Step::by_worker(Status::ManualReview, Reason::ProviderOutcomeUnknown)
}

fn claimable(payment: &Payment, now: Timestamp) -> bool {
    let leased = payment.lease_until.is_some_and(|until| until > now);
    payment.status.is_in_flight() && !payment.parked && !leased
}

/// Applies what the provider said in answer to attempt `attempt`.
///
/// A definitive answer counts whoever brings it, as long as the charge is not at its end. An
/// unknown outcome counts only from the attempt that holds the claim: it schedules the next attempt
/// or, after the last, hands the charge to a person. A claim that was not used is given back.
///
/// # Errors
/// [`Rejection`] when the row can't take the step; such a row is poison.
pub fn settle(
    book: &mut Book,
    id: PaymentId,
    attempt: i32,
    verdict: Verdict,
    policy: &ClaimPolicy,
) -> Result<(), Rejection> {
    let Some(payment) = book.payment(id).filter(|payment| !payment.status.is_terminal()) else {
        return Ok(());
    };
    let call = call(payment)?;
    let holds_claim = payment.status == Status::Processing && payment.attempts == attempt;
    match verdict {
        Verdict::Approved => approve(book, id, call),
        Verdict::Declined(why) => {
            let step = Step::failed(why.reason(), why.detail());
            match call {
                Call::Authorize => book.transition(id, &step),
                Call::Refund { .. } => refund::cancel(book, id, &step),
            }
        }
        Verdict::Unknown | Verdict::NotAsked { .. } if !holds_claim => Ok(()),
        Verdict::NotAsked { lease_until } if lease_until != payment.lease_until => Ok(()),
        Verdict::NotAsked { .. } => book.release(id),
        Verdict::Unknown if attempt < policy.max_attempts => {
            let wait = policy.backoff_after(attempt);
            let at = book.now().checked_add_signed(wait).ok_or(Rejection::Overflow)?;
            book.retry_at(id, at)
        }
        Verdict::Unknown => book.transition(id, &outcome_unknown()),
    }
}

/// Posts what the provider approved. It has moved the money by now, so a rule that forbids the
/// posting can't make the payment fail: a person must look.
fn approve(book: &mut Book, id: PaymentId, call: Call) -> Result<(), Rejection> {
    let payment = book.payment(id).ok_or(Rejection::UnknownPayment)?;
    let in_review = payment.status == Status::ManualReview;
    let posted = match call {
        Call::Refund { .. } => refund::complete(book, id),
        Call::Authorize => {
            let legs = legs(book, payment, payment.debit, payment.credit);
            let step = Step::by_worker(Status::Success, Reason::Settled);
            legs.and_then(|legs| book.post(id, &legs, &step))
        }
    };
    match posted {
        Err(Rejection::IllegalTransition { from, to }) => {
            Err(Rejection::IllegalTransition { from, to })
        }
        Err(_) if in_review => Ok(()),
        Err(_) => {
            let step = Step::by_worker(Status::ManualReview, Reason::PostingRejected);
            book.transition(id, &step)
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
