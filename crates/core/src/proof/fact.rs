//! What a store shows of itself to be proved.

use crate::Timestamp;
use crate::account::Account;
use crate::id::PaymentId;
use crate::journal::{Entry, Posting};
use crate::payment::{PaymentRecord, Transition};

/// How much of the ledger is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Whole,
    /// Payments that have entries made at that time or later and what refunds among these refund, of
    /// their accounts the postings from the first new one on, and the system's accounts. Holds and
    /// totals are left out.
    Since(Timestamp),
}

/// Where an account's postings stand: after `seq` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The `account_seq` of the last posting; 0 before the first.
    pub seq: i64,
    /// The posted balance after it, minor units.
    pub balance_minor: i64,
}

impl Position {
    /// Before the first posting.
    pub const START: Self = Self { seq: 0, balance_minor: 0 };
}

/// What is known of the refunds of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefundSums {
    /// The sum of the credits of those that succeeded, minor units.
    pub refunded_minor: i128,
    /// The sum of the debits of those that succeeded: what was taken back.
    pub taken_back_minor: i128,
    /// The sum of the credits of those that are PROCESSING or in MANUAL_REVIEW.
    pub refunding_minor: i128,
}

/// Something a store holds. They come in this order: the time, then, of the whole, its size, then each
/// account followed by its postings, then each payment; accounts and payments by id, postings by seq.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The store's time.
    AsOf(Timestamp),
    /// How much the whole is: for a progress bar, and to be compared with what came. How much is new
    /// is not told, for counting it costs as much as showing it.
    Size {
        /// Rows of `accounts`.
        accounts: u64,
        /// Rows of `payments`.
        payments: u64,
        /// Rows of `postings`.
        postings: u64,
        /// Rows of `payment_transitions`.
        transitions: u64,
    },
    /// An account.
    Account {
        /// As its row says.
        account: Account,
        /// Where the postings start that follow.
        start: Position,
        /// The sum of the debits of the payments that hold something of it, by the rule of
        /// [`crate::payment::Payment::held`]; `None` if that was not looked at.
        held_minor: Option<i128>,
    },
    /// A posting of the account last named.
    Posting {
        /// As its row says.
        posting: Posting,
        /// The entry it names.
        payment: PaymentId,
        /// The entry it names.
        transition_seq: i32,
        /// The time of that entry; `None` if there is no such entry.
        at: Option<Timestamp>,
    },
    /// A payment.
    Payment(Box<PaymentFact>),
    /// A row that can't be read.
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// The broken rule.
        reason: String,
    },
}

/// A payment with all that belongs to it.
#[derive(Clone, Debug)]
pub struct PaymentFact {
    /// Its row.
    pub record: PaymentRecord,
    /// Its timeline, by seq.
    pub transitions: Vec<Transition>,
    /// Its entries, by transition seq; postings by account.
    pub entries: Vec<Entry>,
    /// Its refunds.
    pub refunds: RefundSums,
}
