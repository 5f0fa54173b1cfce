//! What is told of an account between two moments: where it stood, and what happened.

use crate::Timestamp;
use crate::account::AccountRecord;
use crate::id::{AccountId, PaymentId};
use crate::identity::Principal;
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
    pub counterparty: Counterparty,
}

impl StatementLine {
    /// As that principal sees it.
    #[must_use]
    pub fn seen_by(self, principal: &Principal) -> Self {
        let counterparty = self.counterparty.seen_by(principal);
        Self { counterparty, ..self }
    }
}

/// The other account of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counterparty {
    /// One that is seen by who asks.
    Seen(Box<AccountRecord>),
    /// One that is not: no more is told of it.
    Hidden(AccountId),
}

impl Counterparty {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        match self {
            Self::Seen(record) => record.account.id,
            Self::Hidden(id) => *id,
        }
    }

    /// The account, if it is seen.
    #[must_use]
    pub fn seen(&self) -> Option<&AccountRecord> {
        match self {
            Self::Seen(record) => Some(record),
            Self::Hidden(_) => None,
        }
    }

    fn seen_by(self, principal: &Principal) -> Self {
        match self {
            Self::Seen(record) if !principal.sees(record.account.role.owner().as_ref()) => {
                Self::Hidden(record.account.id)
            }
            seen => seen,
        }
    }
}
