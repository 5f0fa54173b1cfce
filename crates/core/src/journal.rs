//! The double-entry journal: append-only entries of postings that sum to zero in every currency.

use crate::Timestamp;
use crate::id::{AccountId, PaymentId};
use crate::money::Money;

/// One side of a movement before it is posted: positive is money into the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub account: AccountId,
    /// Signed amount in the account's currency.
    pub amount: Money,
}

/// One side of a movement as posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: AccountId,
    /// 1 for the account's first posting, then without a gap.
    pub account_seq: i64,
    /// Signed amount in the account's currency.
    pub amount: Money,
    /// The account's posted balance after it, minor units.
    pub balance_after_minor: i64,
}

/// A balanced movement, made for a payment in the same transaction as its transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The payment it belongs to.
    pub payment: PaymentId,
    /// The seq of the payment's transition that it was made with; identifies it within the payment.
    pub transition_seq: i32,
    /// Set under the accounts' locks; never decreases per account.
    pub at: Timestamp,
    /// Two or more, zero in sum per currency.
    pub postings: Vec<Posting>,
}
