//! What can be wrong with accounts, their postings, and the ledger as a whole.

use super::rules::{Case, made_at, of_account, posting, row, size};
use crate::ledger::{at, currency};
use chrono::TimeDelta;
use paygate_core::account::{Role, SystemAccount};
use paygate_core::kind::Kind;
use paygate_core::proof::{Check, Fact};
use paygate_core::status::Status;

pub const WHOLE: &[Case] = &[
    ("a row that can't be read", Check::UnreadableRow, |facts| {
        let (id, reason) = ("7".to_owned(), "no such status".to_owned());
        facts.all.push(Fact::Unreadable { table: "payments", id, reason });
    }),
    ("no time", Check::FactsIncomplete, |facts| _ = facts.all.remove(0)),
    ("no size", Check::FactsIncomplete, |facts| _ = facts.all.remove(1)),
    ("an account more", Check::RowCountDiffers, |facts| *size(facts)[0] += 1),
    ("a payment more", Check::RowCountDiffers, |facts| *size(facts)[1] += 1),
    ("a posting more", Check::RowCountDiffers, |facts| *size(facts)[2] += 1),
    ("a transition more", Check::RowCountDiffers, |facts| *size(facts)[3] += 1),
    ("a posting of no account", Check::RowCountDiffers, |facts| {
        let last = facts.posting("bob", 1);
        facts.all.remove(last);
    }),
    ("a posting of no entry", Check::RowCountDiffers, |facts| {
        facts.payment("transfer").entries[0].postings.pop();
    }),
    ("a posting of another payment", Check::PostingsDiffer, |facts| {
        let (place, other) = (facts.posting("bob", 1), facts.story.payment("charge"));
        *of_account(&mut facts.all[place]).1 = other;
    }),
    ("a posting of another entry", Check::PostingsDiffer, |facts| {
        let place = facts.posting("bob", 1);
        *of_account(&mut facts.all[place]).2 += 1;
    }),
    ("a posting's entry a little later", Check::PostingsDiffer, |facts| {
        *made_at(facts, "bob", 1) =
            made_at(facts, "bob", 1).map(|at| at + TimeDelta::microseconds(1));
    }),
    ("money from nowhere", Check::CurrencyUnbalanced, |facts| {
        facts.account("bob").posted_minor += 1;
    }),
    ("an opening balance from elsewhere", Check::OpeningEquityDiffers, |facts| {
        row(facts, "opening").source = facts.id("bank USD");
    }),
    ("an opening balance that failed after all", Check::OpeningEquityDiffers, |facts| {
        row(facts, "opening").status = Status::Failed;
    }),
    ("an opening balance by transfer", Check::OpeningEquityDiffers, |facts| {
        row(facts, "opening").kind = Kind::Transfer;
    }),
    ("an opening balance by deposit", Check::OpeningEquityDiffers, |facts| {
        row(facts, "opening").kind = Kind::Deposit;
    }),
];

pub const ACCOUNTS: &[Case] = &[
    ("a posting of another account", Check::PostingAccountDiffers, |facts| {
        posting(facts, "ada", 2).account = facts.id("bob");
    }),
    ("a posting before any account", Check::PostingAccountDiffers, |facts| {
        let place = facts.posting("ada", 1);
        let stray = facts.all.remove(place);
        facts.all.insert(1, stray);
    }),
    ("a posting in another currency", Check::PostingCurrencyDiffers, |facts| {
        posting(facts, "ada", 2).amount.currency = currency("EUR");
    }),
    ("an account in another currency", Check::PostingCurrencyDiffers, |facts| {
        facts.account("bob").currency = currency("EUR");
    }),
    ("a seq skipped", Check::PostingSeqGap, |facts| posting(facts, "ada", 2).account_seq += 1),
    ("a first seq of 0", Check::PostingSeqGap, |facts| posting(facts, "ada", 1).account_seq = 0),
    ("a posting lost", Check::PostingSeqGap, |facts| {
        let place = facts.posting("ada", 2);
        facts.all.remove(place);
    }),
    ("an amount", Check::PostingBalanceDiffers, |facts| posting(facts, "ada", 2).amount.minor += 1),
    ("a balance after", Check::PostingBalanceDiffers, |facts| {
        posting(facts, "ada", 2).balance_after_minor += 1;
    }),
    ("a balance beyond 64 bits", Check::PostingBalanceDiffers, |facts| {
        posting(facts, "bob", 1).balance_after_minor = i64::MAX;
    }),
    ("no entry", Check::PostingWithoutEntry, |facts| *made_at(facts, "ada", 2) = None),
    ("an entry before the last", Check::EntryTimeDecreases, |facts| {
        *made_at(facts, "ada", 2) = Some(at(0));
    }),
    ("an entry before the last but one", Check::EntryTimeDecreases, |facts| {
        *made_at(facts, "ada", 3) = None;
        *made_at(facts, "ada", 4) = Some(at(15));
    }),
    ("a balance", Check::AccountBalanceDiffers, |facts| facts.account("bob").posted_minor -= 1),
    ("a balance of none", Check::AccountBalanceDiffers, |facts| {
        facts.account("new").posted_minor = 1;
    }),
    ("a last balance", Check::AccountBalanceDiffers, |facts| {
        posting(facts, "eve", 1).balance_after_minor = 7;
    }),
    ("a last seq", Check::AccountSeqDiffers, |facts| facts.account("ada").last_seq -= 1),
    ("a last seq of none", Check::AccountSeqDiffers, |facts| facts.account("new").last_seq = 1),
    ("no last entry", Check::AccountEntryTimeDiffers, |facts| {
        facts.account("ada").last_entry_at = None;
    }),
    ("a last entry", Check::AccountEntryTimeDiffers, |facts| {
        facts.account("ada").last_entry_at = Some(at(9_999));
    }),
    ("a last entry of none", Check::AccountEntryTimeDiffers, |facts| {
        facts.account("new").last_entry_at = Some(at(1));
    }),
    ("a hold of nothing", Check::AccountHeldDiffers, |facts| facts.account("bob").held_minor = 1),
    ("a hold lost", Check::AccountHeldDiffers, |facts| facts.account("ada").held_minor = 0),
    ("a payment that holds more", Check::AccountHeldDiffers, |facts| *facts.held("ada") += 1),
    ("less than nothing held", Check::AccountHeldNegative, |facts| {
        facts.account("bob").held_minor = -1;
    }),
    ("a balance below zero", Check::AccountOverdrawn, |facts| {
        facts.account("new").posted_minor = -1;
    }),
    ("more held than there is", Check::AccountOverdrawn, |facts| {
        facts.account("new").held_minor = 1;
    }),
    ("no overdraft", Check::AccountOverdrawn, |facts| facts.account("eve").overdraft = false),
    ("a closed account with a balance", Check::ClosedAccountNotEmpty, |facts| {
        facts.account("ada").closed = true;
    }),
    ("a closed account that holds", Check::ClosedAccountNotEmpty, |facts| {
        facts.account("old").held_minor = 1;
    }),
    ("a closed merchant", Check::ClosedAccountNotAWallet, |facts| {
        facts.account("merchant EUR").closed = true;
    }),
    ("a closed bank", Check::ClosedAccountNotAWallet, |facts| {
        facts.account("bank EUR").closed = true;
    }),
    ("a bank without overdraft", Check::SystemAccountWithoutOverdraft, |facts| {
        facts.account("bank EUR").overdraft = false;
    }),
    ("two banks", Check::SystemAccountTwice, |facts| {
        facts.account("acquirer EUR").role = Role::System(SystemAccount::Bank);
    }),
];
