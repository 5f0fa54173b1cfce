//! What can be wrong with a payment, its timeline and its entry.

use super::rules::{Case, row};
use crate::ledger::{currency, rate};
use paygate_core::payment::{Failure, Reason};
use paygate_core::proof::Check;
use paygate_core::status::Status;

pub const TIMELINES: &[Case] = &[
    ("a transition of another", Check::TransitionPaymentDiffers, |facts| {
        facts.payment("charge").transitions[0].payment = facts.story.payment("transfer");
    }),
    ("a gap", Check::TransitionSeqGap, |facts| facts.payment("charge").transitions[1].seq = 3),
    ("a first one lost", Check::TransitionSeqGap, |facts| {
        facts.payment("charge").transitions.remove(0);
    }),
    ("a first one of 0", Check::TransitionSeqGap, |facts| {
        facts.payment("transfer").transitions[0].seq = 0;
    }),
    ("a beginning", Check::TransitionFromDiffers, |facts| {
        facts.payment("charge").transitions[0].from = Status::Processing;
    }),
    ("a jump", Check::TransitionFromDiffers, |facts| {
        facts.payment("charge").transitions[1].from = Status::Pending;
    }),
    ("a step that is not in the table", Check::TransitionIllegal, |facts| {
        facts.payment("charge").transitions[0].to = Status::Voided;
    }),
    ("a last one lost", Check::TransitionCountDiffers, |facts| {
        facts.payment("charge").transitions.pop();
    }),
    ("one counted that is not there", Check::TransitionCountDiffers, |facts| {
        row(facts, "pending").transitions = 1;
    }),
    ("a state", Check::StatusDiffers, |facts| row(facts, "in review").status = Status::Processing),
    ("a state without a step", Check::StatusDiffers, |facts| {
        row(facts, "pending").status = Status::Processing;
    }),
    ("a last step", Check::StatusDiffers, |facts| {
        facts.payment("voided").transitions[1].to = Status::Expired;
    }),
    ("no failure", Check::FailureDiffers, |facts| row(facts, "declined").failure = None),
    ("a failure of a success", Check::FailureDiffers, |facts| {
        let detail = String::new();
        row(facts, "charge").failure = Some(Failure { code: Reason::Declined, detail });
    }),
];

pub const ENTRIES: &[Case] = &[
    ("no entry", Check::EntryCountDiffers, |facts| facts.payment("charge").entries.clear()),
    ("no entry of a reversed one", Check::EntryCountDiffers, |facts| {
        facts.payment("transfer").entries.clear();
    }),
    ("two entries", Check::EntryCountDiffers, |facts| {
        let twice = facts.payment("charge").entries[0].clone();
        facts.payment("charge").entries.push(twice);
    }),
    ("an entry of a failure", Check::EntryCountDiffers, |facts| {
        let of_another = facts.payment("charge").entries[0].clone();
        facts.payment("declined").entries.push(of_another);
    }),
    ("an entry of another", Check::EntryPaymentDiffers, |facts| {
        facts.payment("charge").entries[0].payment = facts.story.payment("transfer");
    }),
    ("an entry with the claim", Check::EntryTransitionDiffers, |facts| {
        facts.payment("charge").entries[0].transition_seq = 1;
    }),
    ("an entry with the reversal", Check::EntryTransitionDiffers, |facts| {
        facts.payment("transfer").entries[0].transition_seq = 2;
    }),
    ("an amount", Check::EntryUnbalanced, |facts| {
        facts.payment("transfer").entries[0].postings[0].amount.minor += 1;
    }),
    ("a sum over two currencies", Check::EntryUnbalanced, |facts| {
        facts.payment("transfer").entries[0].postings[0].amount.currency = currency("EUR");
    }),
    ("both amounts", Check::EntryLegsDiffer, |facts| {
        let postings = &mut facts.payment("transfer").entries[0].postings;
        postings.iter_mut().for_each(|posting| posting.amount.minor *= 2);
    }),
    ("another account", Check::EntryLegsDiffer, |facts| {
        let other = facts.id("eve");
        facts.payment("transfer").entries[0].postings[1].account = other;
    }),
    ("a direction", Check::EntryLegsDiffer, |facts| {
        let postings = &mut facts.payment("transfer").entries[0].postings;
        postings.iter_mut().for_each(|posting| posting.amount.minor *= -1);
    }),
    ("more postings", Check::EntryLegsDiffer, |facts| {
        let other = facts.payment("across").entries[0].postings.clone();
        facts.payment("transfer").entries[0].postings.extend(other);
    }),
    ("a source", Check::EntryLegsDiffer, |facts| {
        row(facts, "transfer").source = facts.id("eve");
    }),
    ("a destination", Check::EntryLegsDiffer, |facts| {
        row(facts, "refund").destination = facts.id("acquirer EUR");
    }),
    ("what was captured", Check::EntryLegsDiffer, |facts| {
        row(facts, "captured").captured_minor = Some(2_499);
    }),
    ("no liquidity", Check::EntryLegsDiffer, |facts| {
        facts.account("fx_liquidity EUR").role = crate::ledger::wallet();
    }),
    ("other liquidity", Check::EntryLegsDiffer, |facts| {
        let (eur, usd) = (facts.id("fx_liquidity EUR"), facts.id("fx_liquidity USD"));
        let postings = &mut facts.payment("across").entries[0].postings;
        for posting in postings.iter_mut() {
            posting.account = match posting.account {
                account if account == eur => usd,
                account if account == usd => eur,
                account => account,
            };
        }
    }),
];

pub const AMOUNTS: &[Case] = &[
    ("an amount of 0", Check::AmountNotPositive, |facts| row(facts, "pending").amount.minor = 0),
    ("a debit of 0", Check::AmountNotPositive, |facts| row(facts, "pending").debit.minor = 0),
    ("a credit of 0", Check::AmountNotPositive, |facts| row(facts, "pending").credit.minor = 0),
    ("a refund's debit below 0", Check::AmountNotPositive, |facts| {
        row(facts, "tiny refund").debit.minor = -1;
    }),
    ("a debit", Check::TermsDiffer, |facts| row(facts, "pending").debit.minor += 1),
    ("a credit", Check::TermsDiffer, |facts| row(facts, "across").credit.minor += 1),
    ("an exact credit's debit", Check::TermsDiffer, |facts| row(facts, "exact").debit.minor += 1),
    ("what it was worth", Check::TermsDiffer, |facts| row(facts, "worth").amount.minor += 99),
    ("an amount's currency", Check::TermsDiffer, |facts| {
        row(facts, "transfer").amount.currency = currency("EUR");
    }),
    ("no rate", Check::TermsDiffer, |facts| facts.payment("across").record.fx = None),
    ("a rate for nothing", Check::TermsDiffer, |facts| {
        let fx = rate(currency("USD"), currency("EUR"));
        facts.payment("transfer").record.fx = Some(fx);
    }),
    ("another rate", Check::TermsDiffer, |facts| {
        let fx = rate(currency("EUR"), currency("USD"));
        facts.payment("across").record.fx = Some(fx);
    }),
    ("a refund's amount", Check::TermsDiffer, |facts| row(facts, "refund").amount.minor -= 1),
    ("a refund's credit", Check::TermsDiffer, |facts| {
        row(facts, "refund across").credit.minor += 1;
    }),
    ("a refund's debit", Check::TermsDiffer, |facts| row(facts, "refund").debit.minor += 1),
    ("a claimed refund's debit", Check::TermsDiffer, |facts| {
        row(facts, "refunding").debit.minor += 1;
    }),
    ("a reviewed refund's debit", Check::TermsDiffer, |facts| {
        row(facts, "refund in review").debit.minor += 1;
    }),
    ("a capture of no hold", Check::CaptureWithoutHold, |facts| {
        row(facts, "captured").hold = false;
    }),
    ("nothing captured", Check::CaptureOutOfRange, |facts| {
        row(facts, "captured").captured_minor = Some(0);
    }),
    ("more captured than held", Check::CaptureOutOfRange, |facts| {
        row(facts, "captured").captured_minor = Some(4_001);
    }),
    ("a capture of nobody knows how much", Check::CaptureDiffers, |facts| {
        row(facts, "captured").captured_minor = None;
    }),
    ("a capture of what was settled", Check::CaptureDiffers, |facts| {
        let charge = row(facts, "charge");
        (charge.hold, charge.captured_minor) = (true, Some(charge.debit.minor));
    }),
    ("a capture before its time", Check::CaptureDiffers, |facts| {
        row(facts, "authorized").captured_minor = Some(4_000);
    }),
    ("an authorization of no hold", Check::AuthorizationIncomplete, |facts| {
        row(facts, "authorized").hold = false;
    }),
    ("an authorization for ever", Check::AuthorizationIncomplete, |facts| {
        row(facts, "authorized").expires_at = None;
    }),
    ("an authorization that was one", Check::AuthorizationIncomplete, |facts| {
        row(facts, "voided").expires_at = None;
    }),
    ("an authorization without a step", Check::AuthorizationIncomplete, |facts| {
        row(facts, "pending").status = Status::Authorized;
    }),
];
