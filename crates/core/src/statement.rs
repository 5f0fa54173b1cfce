//! What is told of an account between two moments: where it stood, and what happened.

use crate::Timestamp;
use crate::account::AccountRecord;
use crate::id::PaymentId;
use crate::journal::Posting;
use crate::kind::Kind;
use crate::proof::Position;
use crate::text::Label;

/// The period of a statement: from a moment on, until before another. Open where `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first moment in it.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub to: Option<Timestamp>,
}

/// What happened in an account between two moments. Its lines are read by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The account as it is now.
    pub account: AccountRecord,
    /// Where it stood before the first line.
    pub opening: Position,
    /// Where it stood after the last.
    pub closing: Position,
}

/// A posting as its account's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The posting.
    pub posting: Posting,
    /// When it was made.
    pub at: Timestamp,
    /// The payment it was made for.
    pub payment: PaymentId,
    /// What that does.
    pub kind: Kind,
    /// What it is for.
    pub description: Option<Label>,
    /// The payment's other account: its source, or its destination if the line is the source's.
    pub counterparty: AccountRecord,
}
