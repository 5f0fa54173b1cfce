//! Which accounts are the system's, and which of them a payment may have.

use super::check::{Check, Findings, Row};
use super::words::Told;
use crate::account::{Account, Role, SystemAccount};
use crate::id::AccountId;
use crate::kind::{Kind, Party, Way};
use crate::money::{Currency, Money};
use crate::payment::Payment;
use crate::status::Status;
use std::collections::BTreeMap;

/// The system's accounts, a few for each currency.
#[derive(Default)]
pub(super) struct SystemAccounts {
    by_code: BTreeMap<(SystemAccount, Currency), AccountId>,
    by_id: BTreeMap<AccountId, (SystemAccount, Currency)>,
}

impl SystemAccounts {
    /// Remembers the account if it is the system's.
    pub(super) fn see(&mut self, account: &Account, findings: &mut Findings<'_>) {
        let Role::System(code) = account.role else { return };
        let key = (code, account.currency);
        self.by_id.insert(account.id, key);
        if let Some(other) = self.by_code.insert(key, account.id) {
            let mut at = findings.at(account.currency, Row::Account(account.id));
            at.found(Check::SystemAccountTwice, format!("{other} is {code}, too"));
        }
    }

    /// The account of that code and currency.
    pub(super) fn account(&self, code: SystemAccount, currency: Currency) -> Option<AccountId> {
        self.by_code.get(&(code, currency)).copied()
    }

    /// What an account is, if it is the system's.
    pub(super) fn role(&self, account: AccountId) -> Option<(SystemAccount, Currency)> {
        self.by_id.get(&account).copied()
    }
}

/// One side of a payment: what its account is, if it is the system's, and what its money is in.
#[derive(Clone, Copy)]
struct Side {
    role: Option<(SystemAccount, Currency)>,
    currency: Currency,
}

impl Side {
    fn is(self, party: Party) -> bool {
        match party {
            Party::Client => self.role.is_none(),
            Party::System(code) => self.role == Some((code, self.currency)),
        }
    }
}

/// Whether something that can be refunded goes from the destination to the source.
fn leads_back(source: Side, destination: Side) -> bool {
    let there = |kind: &Kind| match kind.rules().way {
        Way::Between { from, to } => destination.is(from) && source.is(to),
        Way::Back => false,
    };
    Kind::ALL.iter().filter(|kind| kind.is_refundable()).any(there)
}

/// The accounts of a payment are those that the table of kinds says. Refunds go back to where money
/// came from that can be refunded, unless they never began: what can't be refunded may have been
/// asked for.
pub(super) fn prove(payment: &Payment, system: &SystemAccounts, findings: &mut Findings<'_>) {
    let side =
        |account, money: Money| Side { role: system.role(account), currency: money.currency };
    let source = side(payment.source, payment.debit);
    let destination = side(payment.destination, payment.credit);
    let (fits, has_parent) = match payment.kind.rules().way {
        Way::Between { from, to } => (source.is(from) && destination.is(to), false),
        Way::Back if matches!(payment.status, Status::Pending | Status::Failed) => (true, true),
        Way::Back => (leads_back(source, destination), true),
    };
    let mut at = findings.at(source.currency, Row::Payment(payment.id));
    at.holds(Check::RoleDiffers, fits, || {
        let [source, destination] = [source, destination].map(|side| match side.role {
            Some(role) => role.told(),
            None => "a client's account".to_owned(),
        });
        format!("a {} from {source} to {destination}", payment.kind)
    });
    at.holds(Check::ParentDiffers, payment.parent.is_some() == has_parent, || {
        format!("a {} whose parent is {}", payment.kind, payment.parent.told())
    });
}
