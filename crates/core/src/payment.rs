//! The payment: the one resource of Paygate, whatever its kind.

use crate::Timestamp;
use crate::id::{AccountId, CallerId, MerchantId, PaymentId};
use crate::money::Money;
use crate::status::{Kind, Status, named};
use crate::text::{IdempotencyKey, Metadata, Reference};

named! {
    /// Why a transition was made: stable codes, in timelines and in `failure.code`.
    Reason {
        /// A worker took a lease to ask the provider.
        Claimed = "claimed",
        /// The money was posted.
        Settled = "settled",
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

named! {
    /// Who made a transition.
    Actor {
        /// A worker, on a hint.
        Worker = "worker",
        /// A person, with the operator's tools.
        Operator = "operator",
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

/// SHA-256 of the canonical request: what tells a repeated request from another one under the same
/// idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHash(pub [u8; 32]);

/// The idempotency key of a request and what it stood for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key, unique per caller and operation (the payment's kind).
    pub key: IdempotencyKey,
    /// The request it came with.
    pub hash: RequestHash,
}

/// What the client asked for, as far as no decision about money depends on it. Never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose payment it is.
    pub merchant: MerchantId,
    /// Who sent it.
    pub caller: CallerId,
    /// The merchant's name for it.
    pub reference: Reference,
    /// The client's key, if it sent one.
    pub idempotency: Option<Idempotency>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
}

/// A payment about to be accepted, PENDING.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// A fresh UUIDv7.
    pub id: PaymentId,
    /// What it does.
    pub kind: Kind,
    /// Positive.
    pub amount: Money,
    /// The account money leaves.
    pub source: AccountId,
    /// The account money reaches.
    pub destination: AccountId,
    /// What the client asked for.
    pub request: Request,
}

impl NewPayment {
    /// The record this becomes when the store accepts it at `at`.
    #[must_use]
    pub fn accepted(self, at: Timestamp) -> PaymentRecord {
        let payment = Payment {
            id: self.id,
            kind: self.kind,
            amount: self.amount,
            source: self.source,
            destination: self.destination,
            status: Status::Pending,
            failure: None,
            attempts: 0,
            lease_until: None,
            parked: false,
            transitions: 0,
            created_at: at,
            updated_at: at,
        };
        PaymentRecord { payment, request: self.request }
    }
}

/// A payment as decisions see it: what transitions and postings depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it does.
    pub kind: Kind,
    /// Positive.
    pub amount: Money,
    /// The account money leaves.
    pub source: AccountId,
    /// The account money reaches.
    pub destination: AccountId,
    /// Where it stands.
    pub status: Status,
    /// Why it failed, exactly when it is FAILED.
    pub failure: Option<Failure>,
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

/// A payment with what the client asked for: what readers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Its state.
    pub payment: Payment,
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
