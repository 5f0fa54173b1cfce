//! The payment: the one resource of Paygate, whatever its kind.

use crate::Timestamp;
use crate::fx::AppliedRate;
use crate::id::{AccountId, PaymentId, QuoteId};
use crate::identity::{Actor, Idempotency, Operation, Owner, Principal, SentKey};
use crate::kind::{Claim, Kind};
use crate::money::Money;
use crate::status::{Status, named};
use crate::terms::Terms;
use crate::text::{Label, Metadata, Reference};

named! {
    /// Why a transition was made: stable codes, in timelines and in `failure.code`.
    Reason {
        /// A worker took a lease to ask the provider.
        Claimed = "claimed",
        /// The money was posted.
        Settled = "settled",
        /// The money is held until it is captured, voided or the time is over.
        Authorized = "authorized",
        /// What was held was posted, whole or in part.
        Captured = "captured",
        /// What was held was given back on request.
        Voided = "voided",
        /// What was held was given back by time.
        Expired = "expired",
        /// All of it has been refunded.
        Refunded = "refunded",
        /// The source has too little to spend.
        InsufficientFunds = "insufficient-funds",
        /// One of the accounts is closed.
        AccountClosed = "account-closed",
        /// One of the accounts does not exist.
        AccountNotFound = "account-not-found",
        /// The money is in another currency than its account.
        CurrencyMismatch = "currency-mismatch",
        /// A balance would leave its range.
        Overflow = "overflow",
        /// The payment to be refunded is not one that can be.
        NotRefundable = "payment-not-refundable",
        /// More than what is left of the payment.
        RefundExceedsRemainder = "refund-exceeds-remainder",
        /// The provider refused.
        Declined = "declined",
        /// The payer's bank refused for lack of funds.
        PayerInsufficientFunds = "payer-insufficient-funds",
        /// All attempts are used up and the provider's answer is not known.
        ProviderOutcomeUnknown = "provider-outcome-unknown",
        /// The provider took the money, and the ledger could not post it.
        PostingRejected = "posting-rejected",
    }
}

/// Why a payment failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: Reason,
    /// A sentence for people.
    pub detail: String,
}

/// What a client says of a payment it asks for, besides the money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The client's name for it, if it has one.
    pub reference: Option<Reference>,
    /// The client's key, if it sent one.
    pub key: Option<SentKey>,
    /// What it is for, for people; of a refund its reason.
    pub description: Option<Label>,
    /// The client's own time of it.
    pub tx_date: Option<Timestamp>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
}

impl Details {
    /// The request of that principal for that operation, on behalf of that owner.
    #[must_use]
    pub fn request(self, principal: &Principal, operation: Operation, owner: Owner) -> Request {
        Request {
            owner,
            asked_by: principal.actor(),
            reference: self.reference,
            idempotency: self.key.map(|key| key.within(principal, operation)),
            description: self.description,
            tx_date: self.tx_date,
            metadata: self.metadata,
        }
    }
}

/// What was asked for, as far as no decision about money depends on it. Never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose payment it is.
    pub owner: Owner,
    /// Who asked for it.
    pub asked_by: Actor,
    /// The owner's name for it, if it has one.
    pub reference: Option<Reference>,
    /// The client's key, if it sent one.
    pub idempotency: Option<Idempotency>,
    /// What it is for, for people; of a refund its reason.
    pub description: Option<Label>,
    /// The client's own time of it.
    pub tx_date: Option<Timestamp>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
}

impl Request {
    /// What its owner calls it: the name under which there is one payment of that owner.
    #[must_use]
    pub fn named(&self) -> Option<(Owner, Reference)> {
        Some((self.owner.clone(), self.reference.clone()?))
    }
}

/// A payment about to be accepted, PENDING.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// A fresh UUIDv7.
    pub id: PaymentId,
    /// What it does.
    pub kind: Kind,
    /// How much, and what that is on either side.
    pub terms: Terms,
    /// The account money leaves.
    pub source: AccountId,
    /// The account money reaches.
    pub destination: AccountId,
    /// The payment it refunds, exactly when it is a refund.
    pub parent: Option<PaymentId>,
    /// Whether the money is only held until it is captured.
    pub hold: bool,
    /// What the client asked for.
    pub request: Request,
}

impl NewPayment {
    /// The record this becomes when the store accepts it at `at`.
    #[must_use]
    pub fn accepted(self, at: Timestamp) -> PaymentRecord {
        let Terms { amount, debit, credit, fx, quote } = self.terms;
        let payment = Payment {
            id: self.id,
            kind: self.kind,
            amount,
            debit,
            credit,
            source: self.source,
            destination: self.destination,
            parent: self.parent,
            hold: self.hold,
            status: Status::Pending,
            failure: None,
            captured_minor: None,
            refunded_minor: 0,
            refunding_minor: 0,
            expires_at: None,
            attempts: 0,
            lease_until: None,
            parked: false,
            transitions: 0,
            created_at: at,
            updated_at: at,
        };
        PaymentRecord { payment, fx, quote, request: self.request }
    }
}

/// A payment as decisions see it: what transitions and postings depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it does.
    pub kind: Kind,
    /// Positive, in the currency the client named.
    pub amount: Money,
    /// What leaves the source, in its currency. Of a refund fixed when it is claimed; 0 then if its
    /// share of what is taken back rounds to that.
    pub debit: Money,
    /// What reaches the destination, in its currency.
    pub credit: Money,
    /// The account money leaves.
    pub source: AccountId,
    /// The account money reaches.
    pub destination: AccountId,
    /// The payment it refunds.
    pub parent: Option<PaymentId>,
    /// Whether the money is only held until it is captured.
    pub hold: bool,
    /// Where it stands.
    pub status: Status,
    /// Why it failed, exactly when it is FAILED.
    pub failure: Option<Failure>,
    /// How much of the debit was captured, exactly when what was held has been captured.
    pub captured_minor: Option<i64>,
    /// How much of what was debited has been refunded.
    pub refunded_minor: i64,
    /// How much of it claimed refunds are about to refund.
    pub refunding_minor: i64,
    /// When what is held is given back; kept afterwards.
    pub expires_at: Option<Timestamp>,
    /// How often a worker has claimed it.
    pub attempts: i32,
    /// Until when a claim keeps others away.
    pub lease_until: Option<Timestamp>,
    /// Whether it was set aside as poison; only an operator brings it back.
    pub parked: bool,
    /// How many transitions it has made; the seq of the last.
    pub transitions: i32,
    /// When it was accepted, by the store's clock.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Payment {
    /// What of the source is held for this payment in the state it is in. That is a rule, so that
    /// what an account holds can be proved: the whole debit while it waits for its capture, for a
    /// provider that is to pay it out, or for a person; in which states, the table of kinds says.
    #[must_use]
    pub fn held(&self) -> Option<Money> {
        self.kind.rules().holds.contains(&self.status).then_some(self.debit)
    }

    /// What moves or has moved: debit and credit; of a partial capture its share of both.
    #[must_use]
    pub fn moved(&self) -> (Money, Money) {
        match self.captured_minor {
            Some(captured) if captured != self.debit.minor => {
                let credit = share(self.credit.minor, captured, self.debit.minor);
                (Money { minor: captured, ..self.debit }, Money { minor: credit, ..self.credit })
            }
            _ => (self.debit, self.credit),
        }
    }

    /// How much of the debit is neither refunded nor about to be.
    #[must_use]
    pub fn refundable_minor(&self) -> i64 {
        let (debit, _) = self.moved();
        debit.minor.saturating_sub(self.refunded_minor).saturating_sub(self.refunding_minor)
    }

    /// Whether a claim on it changes balances, so that its accounts must be locked for it.
    #[must_use]
    pub fn claim_needs_accounts(&self) -> bool {
        match self.kind.rules().claim {
            Claim::ChangesAccounts => true,
            Claim::LooksAtAccounts => false,
        }
    }

    /// Whether a claim on it asks its accounts for room without changing them, so that they are only
    /// looked at. One that was claimed before was asked about already.
    #[must_use]
    pub fn claim_looks_at_accounts(&self) -> bool {
        match self.kind.rules().claim {
            Claim::ChangesAccounts => false,
            Claim::LooksAtAccounts => self.status == Status::Pending,
        }
    }
}

/// ⌊total × part ÷ whole⌋, the share that a part of the debit has in the credit. For parts from 0 to
/// `whole` it is between 0 and `total`; what lies outside is taken to the nearer end.
#[must_use]
pub fn share(total: i64, part: i64, whole: i64) -> i64 {
    let (part, whole) = (i128::from(part.clamp(0, whole.max(0))), i128::from(whole));
    let product = i128::from(total.max(0)).saturating_mul(part);
    product.checked_div(whole).and_then(|it| i64::try_from(it).ok()).unwrap_or(0)
}

/// A payment with what the client asked for: what readers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Its state.
    pub payment: Payment,
    /// The rate that its debit and credit were made with, if any was needed.
    pub fx: Option<AppliedRate>,
    /// The quote the rate came from.
    pub quote: Option<QuoteId>,
    /// What was asked for.
    pub request: Request,
}

/// A step of a payment from one state to another: a row of its timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The payment.
    pub payment: PaymentId,
    /// 1 for the payment's first transition, then without a gap.
    pub seq: i32,
    /// The state before.
    pub from: Status,
    /// The state after.
    pub to: Status,
    /// Who made it.
    pub actor: Actor,
    /// Why.
    pub reason: Reason,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests;
