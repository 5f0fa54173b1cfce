//! Which accounts are the system's, and which of them a payment may have.

use super::check::{Check, Findings, Row};
use super::words::Told;
use crate::account::{Account, Role, SystemAccount};
use crate::id::AccountId;
use crate::kind::Kind;
use crate::money::Currency;
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

/// Charges come from the acquirer, deposits from the bank, opening balances from the opening equity,
/// and all reach a client's account; transfers stay between clients; refunds go back to where such money came from,
/// unless they never began: what can't be refunded may have been asked for.
pub(super) fn prove(payment: &Payment, system: &SystemAccounts, findings: &mut Findings<'_>) {
    use SystemAccount::{Acquirer, Bank, OpeningEquity};
    let (source, destination) = (system.role(payment.source), system.role(payment.destination));
    let (debit, credit) = (payment.debit.currency, payment.credit.currency);
    let fits = match payment.kind {
        Kind::Charge => source == Some((Acquirer, debit)) && destination.is_none(),
        Kind::Deposit => source == Some((Bank, debit)) && destination.is_none(),
        Kind::Opening => source == Some((OpeningEquity, debit)) && destination.is_none(),
        Kind::Transfer => source.is_none() && destination.is_none(),
        Kind::Refund if matches!(payment.status, Status::Pending | Status::Failed) => true,
        Kind::Refund => {
            source.is_none() && destination.is_none_or(|role| role == (Acquirer, credit))
        }
        Kind::Payout => source.is_none() && destination == Some((Bank, credit)),
    };
    let mut at = findings.at(debit, Row::Payment(payment.id));
    at.holds(Check::RoleDiffers, fits, || {
        let [source, destination] = [source, destination].map(|role| match role {
            Some(role) => role.told(),
            None => "a client's account".to_owned(),
        });
        format!("a {} from {source} to {destination}", payment.kind)
    });
    let refund = payment.kind == Kind::Refund;
    at.holds(Check::ParentDiffers, payment.parent.is_some() == refund, || {
        format!("a {} whose parent is {}", payment.kind, payment.parent.told())
    });
}
