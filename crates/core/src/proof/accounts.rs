//! An account against its postings.

use super::check::{Check, Findings, Row};
use super::fact::Position;
use super::words::{Sum, Told};
use crate::Timestamp;
use crate::account::{Account, Role};
use crate::journal::Posting;
use crate::money::Money;

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
        let Account { posted_minor, held_minor: holds, overdraft, closed, currency, .. } = account;
        let amount = |minor: i64| Money { minor, currency };
        if let Some(minor) = held_minor {
            let (is, should) = (Sum::from(amount(holds)), Sum { minor, currency });
            at.equal(Check::AccountHeldDiffers, is, should);
        }
        let held = || format!("holds {}", amount(holds).told());
        at.holds(Check::AccountHeldNegative, holds >= 0, held);
        let covered = account.available_minor().is_some_and(|available| available >= 0);
        let balance =
            || format!("posted {}, held {}", amount(posted_minor).told(), amount(holds).told());
        at.holds(Check::AccountOverdrawn, covered || overdraft, balance);
        let empty = posted_minor == 0 && holds == 0;
        at.holds(Check::ClosedAccountNotEmpty, empty || !closed, balance);
        let wallet = matches!(account.role, Role::Wallet(_));
        let role = || format!("its role is {}", account.role.told());
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
        let currency = self.account.currency;
        at.equal(Check::PostingCurrencyDiffers, posting.amount.currency, currency);
        let next = self.position.seq.checked_add(1);
        at.equal(Check::PostingSeqGap, Some(posting.account_seq), next);
        let balance = self.position.balance_minor.checked_add(posting.amount.minor);
        let amount = |minor: i64| Money { minor, currency };
        let is = Some(amount(posting.balance_after_minor));
        at.equal(Check::PostingBalanceDiffers, is, balance.map(amount));
        at.holds(Check::PostingWithoutEntry, made_at.is_some(), || "has no entry".to_owned());
        let decreases = made_at.is_some_and(|made_at| Some(made_at) < self.last_entry_at);
        let before = self.last_entry_at;
        let times = || format!("made at {}, after one of {}", made_at.told(), before.told());
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
        let amount = |minor: i64| Money { minor, currency: account.currency };
        let (is, should) = (amount(account.posted_minor), amount(position.balance_minor));
        at.equal(Check::AccountBalanceDiffers, is, should);
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
