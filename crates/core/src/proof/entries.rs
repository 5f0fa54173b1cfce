//! A payment against its journal entry.

use super::check::{At, Check, Findings, Row};
use super::fact::PaymentFact;
use super::roles::SystemAccounts;
use super::words::{Sum, Told};
use crate::account::SystemAccount;
use crate::id::AccountId;
use crate::journal::{Entry, Leg};
use crate::money::Currency;
use crate::status::Status;
use crate::transfer::legs_through;
use std::collections::BTreeMap;

/// A payment that has moved money has one entry, made with the step to SUCCESS, of exactly what it
/// moved; any other has none.
pub(super) fn prove(fact: &PaymentFact, system: &SystemAccounts, findings: &mut Findings<'_>) {
    let payment = &fact.record.payment;
    let currency = payment.debit.currency;
    let moved = matches!(payment.status, Status::Success | Status::Reversed);
    let mut at = findings.at(currency, Row::Payment(payment.id));
    at.equal(Check::EntryCountDiffers, fact.entries.len(), usize::from(moved));
    let settled = fact.transitions.iter().find(|row| row.to == Status::Success);
    for entry in &fact.entries {
        let mut at = findings.at(currency, Row::Entry(entry.payment, entry.transition_seq));
        at.equal(Check::EntryPaymentDiffers, entry.payment, payment.id);
        let made_with = settled.map(|row| row.seq);
        at.equal(Check::EntryTransitionDiffers, Some(entry.transition_seq), made_with);
        prove_balance(entry, &mut at);
        let (debit, credit) = payment.moved();
        let liquidity = |currency| system.account(SystemAccount::FxLiquidity, currency);
        match legs_through(payment, debit, credit, liquidity) {
            Ok(legs) => at.equal(Check::EntryLegsDiffer, posted(entry), by_account(legs)),
            Err(error) => at.found(Check::EntryLegsDiffer, format!("can't be known: {error}")),
        }
    }
}

fn prove_balance(entry: &Entry, at: &mut At<'_, '_>) {
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for posting in &entry.postings {
        let sum = sums.entry(posting.amount.currency).or_default();
        *sum = sum.saturating_add(i128::from(posting.amount.minor));
    }
    for (currency, minor) in sums {
        let sum = || format!("sums to {}", Sum { minor, currency }.told());
        at.holds(Check::EntryUnbalanced, minor == 0, sum);
    }
}

type Side = (AccountId, Currency, i64);

fn by_account(legs: Vec<Leg>) -> Vec<Side> {
    let side = |leg: Leg| (leg.account, leg.amount.currency, leg.amount.minor);
    let mut sides: Vec<Side> = legs.into_iter().map(side).collect();
    sides.sort_unstable();
    sides
}

fn posted(entry: &Entry) -> Vec<Side> {
    let leg = |posting: &crate::journal::Posting| Leg {
        account: posting.account,
        amount: posting.amount,
    };
    by_account(entry.postings.iter().map(leg).collect())
}
