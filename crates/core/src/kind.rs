//! The kinds of payments, and the one table of what is peculiar to each.
//!
//! Whatever depends on a kind asks [`Kind::rules`], and matches what that says without a catch-all.
//! So a new kind fails to build until the table has a row for it, and a new answer in a column fails
//! to build until each place that asks has dealt with it.

use crate::account::system::SystemAccount;
use crate::status::{Status, named};

named! {
    /// What a payment does.
    Kind {
        /// Takes money from an outside payer into an account.
        Charge = "charge",
        /// Moves money between two accounts.
        Transfer = "transfer",
        /// Sends money from an account to the outside.
        Payout = "payout",
        /// Brings money from the outside into an account.
        Deposit = "deposit",
        /// Gives a payment back.
        Refund = "refund",
        /// Gives a new account its opening balance.
        Opening = "opening",
    }
}

/// What is peculiar to a kind: its row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which way the money goes.
    pub way: Way,
    /// Who decides what becomes of it.
    pub decided_by: DecidedBy,
    /// What a claim does with its accounts.
    pub claim: Claim,
    /// The states in which its debit is held at its source.
    pub holds: &'static [Status],
    /// Who decides about refunds of it.
    pub refunded_by: RefundedBy,
    /// Whether clients see the accounts it goes between; otherwise both are the house's business.
    pub shows_parties: bool,
}

/// Which way the money of a payment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the one to the other.
    Between {
        /// Whom it leaves.
        from: Party,
        /// Whom it reaches.
        to: Party,
    },
    /// Back the way of its parent, whole or in part. How much that takes back is known when it is
    /// claimed.
    Back,
}

/// Whose account is at one side of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A client's: a wallet, or a merchant's account.
    Client,
    /// The system's, which stands for the world outside or for the house itself.
    System(SystemAccount),
}

/// Who decides what becomes of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The book alone, in one transaction.
    Book,
    /// The acquirer, which is asked to take the money.
    Authorization,
    /// A bank, which is asked to pay the money out. There is no provider for it yet.
    PayoutSubmission,
    /// Who decides about refunds of its parent: see [`Rules::refunded_by`].
    Parent,
}

/// Who decides about the refunds of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundedBy {
    /// It can't be refunded.
    Nobody,
    /// The book alone: the money never left the house.
    Book,
    /// The provider that took the money: it is asked to give it back.
    Provider,
}

/// What a claim does with the accounts of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It changes what they hold or have, so they are locked.
    ChangesAccounts,
    /// It asks whether there is room in them, so they are looked at, without a lock.
    LooksAtAccounts,
}

impl Kind {
    /// The table.
    #[must_use]
    pub const fn rules(self) -> Rules {
        use Party::{Client, System};
        use Status::{Authorized, ManualReview, Processing};
        use SystemAccount::{Acquirer, Bank, OpeningEquity};
        match self {
            Self::Charge => Rules {
                way: Way::Between { from: System(Acquirer), to: Client },
                decided_by: DecidedBy::Authorization,
                claim: Claim::LooksAtAccounts,
                holds: &[Authorized],
                refunded_by: RefundedBy::Provider,
                shows_parties: false,
            },
            Self::Transfer => Rules {
                way: Way::Between { from: Client, to: Client },
                decided_by: DecidedBy::Book,
                claim: Claim::ChangesAccounts,
                holds: &[Authorized, ManualReview],
                refunded_by: RefundedBy::Book,
                shows_parties: true,
            },
            Self::Payout => Rules {
                way: Way::Between { from: Client, to: System(Bank) },
                decided_by: DecidedBy::PayoutSubmission,
                claim: Claim::ChangesAccounts,
                holds: &[Processing, Authorized, ManualReview],
                refunded_by: RefundedBy::Nobody,
                shows_parties: true,
            },
            Self::Deposit => Rules {
                way: Way::Between { from: System(Bank), to: Client },
                decided_by: DecidedBy::Book,
                claim: Claim::ChangesAccounts,
                holds: &[Authorized],
                refunded_by: RefundedBy::Nobody,
                shows_parties: true,
            },
            Self::Refund => Rules {
                way: Way::Back,
                decided_by: DecidedBy::Parent,
                claim: Claim::ChangesAccounts,
                holds: &[Processing, Authorized, ManualReview],
                refunded_by: RefundedBy::Nobody,
                shows_parties: true,
            },
            Self::Opening => Rules {
                way: Way::Between { from: System(OpeningEquity), to: Client },
                decided_by: DecidedBy::Book,
                claim: Claim::ChangesAccounts,
                holds: &[Authorized],
                refunded_by: RefundedBy::Nobody,
                shows_parties: true,
            },
        }
    }

    /// Whether a payment of this kind that has moved its money can be given back.
    #[must_use]
    pub fn is_refundable(self) -> bool {
        match self.rules().refunded_by {
            RefundedBy::Book | RefundedBy::Provider => true,
            RefundedBy::Nobody => false,
        }
    }

    /// Whether its money comes from that account of the system's.
    #[must_use]
    pub fn comes_from(self, code: SystemAccount) -> bool {
        match self.rules().way {
            Way::Between { from: Party::System(from), .. } => from == code,
            Way::Between { from: Party::Client, .. } | Way::Back => false,
        }
    }
}

/// Each kind with each state in which a payment of that kind holds its debit: the rule of
/// [`crate::payment::Payment::held`], for whoever adds up what is held without reading each payment.
pub fn holding() -> impl Iterator<Item = (Kind, Status)> {
    Kind::ALL.iter().flat_map(|kind| kind.rules().holds.iter().map(|status| (*kind, *status)))
}

#[cfg(test)]
mod tests;
