//! An account against its postings.

use super::check::{Check, Findings, Row};
use super::fact::Position;
use crate::Timestamp;
use crate::account::{Account, Role};
use crate::journal::Posting;

/// An account while its postings come.
pub(super) struct AccountProof {
    account: Account,
    /// After the last posting that came.
    position: Position,
    /// The time of that posting's entry.
    last_entry_at: Option<Timestamp>,
}

impl AccountProof {
    /// Looks at the account itself; its postings follow from `start` on.
    pub(super) fn begin(
        account: Account,
        start: Position,
        held_minor: Option<i128>,
        findings: &mut Findings<'_>,
    ) -> Self {
        let mut at = findings.at(account.currency, Row::Account(account.id));
        let Account { posted_minor, held_minor: holds, overdraft, closed, .. } = account;
        if let Some(held_minor) = held_minor {
            at.equal(Check::AccountHeldDiffers, i128::from(holds), held_minor);
        }
        at.holds(Check::AccountHeldNegative, holds >= 0, || format!("holds {holds}"));
        let covered = account.available_minor().is_some_and(|available| available >= 0);
        let balance = || format!("posted {posted_minor}, held {holds}");
        at.holds(Check::AccountOverdrawn, covered || overdraft, balance);
        let empty = posted_minor == 0 && holds == 0;
        at.holds(Check::ClosedAccountNotEmpty, empty || !closed, balance);
        let wallet = account.role == Role::Wallet;
        let role = || format!("its role is {:?}", account.role);
        at.holds(Check::ClosedAccountNotAWallet, wallet || !closed, role);
        let system = matches!(account.role, Role::System(_));
        at.holds(Check::SystemAccountWithoutOverdraft, overdraft || !system, role);
        Self { account, position: start, last_entry_at: None }
    }

    /// Looks at the next posting, whose entry was made at `made_at`.
    pub(super) fn see(
        &mut self,
        posting: &Posting,
        made_at: Option<Timestamp>,
        findings: &mut Findings<'_>,
    ) {
        let row = Row::Posting(posting.account, posting.account_seq);
        let mut at = findings.at(self.account.currency, row);
        at.equal(Check::PostingAccountDiffers, posting.account, self.account.id);
        let currency = posting.amount.currency;
        at.equal(Check::PostingCurrencyDiffers, currency, self.account.currency);
        let next = self.position.seq.checked_add(1);
        at.equal(Check::PostingSeqGap, Some(posting.account_seq), next);
        let balance = self.position.balance_minor.checked_add(posting.amount.minor);
        at.equal(Check::PostingBalanceDiffers, Some(posting.balance_after_minor), balance);
        at.holds(Check::PostingWithoutEntry, made_at.is_some(), || "has no entry".to_owned());
        let decreases = made_at.is_some_and(|made_at| Some(made_at) < self.last_entry_at);
        let times = || format!("made at {made_at:?}, after {:?}", self.last_entry_at);
        at.holds(Check::EntryTimeDecreases, !decreases, times);
        // From here on the row is believed, so that it is named once and not with each that follows.
        self.position =
            Position { seq: posting.account_seq, balance_minor: posting.balance_after_minor };
        self.last_entry_at = made_at.or(self.last_entry_at);
    }

    /// Compares the account with where its postings led.
    pub(super) fn end(self, findings: &mut Findings<'_>) {
        let Self { account, position, last_entry_at } = self;
        let mut at = findings.at(account.currency, Row::Account(account.id));
        at.equal(Check::AccountBalanceDiffers, account.posted_minor, position.balance_minor);
        at.equal(Check::AccountSeqDiffers, account.last_seq, position.seq);
        // The entry of a posting that did not come is not known.
        if last_entry_at.is_some() || position.seq == 0 {
            at.equal(Check::AccountEntryTimeDiffers, account.last_entry_at, last_entry_at);
        }
    }
}

/// A posting that comes with no account at all.
pub(super) fn stray(posting: &Posting, findings: &mut Findings<'_>) {
    let row = Row::Posting(posting.account, posting.account_seq);
    let mut at = findings.at(posting.amount.currency, row);
    at.found(Check::PostingAccountDiffers, "comes with no account".to_owned());
}
