//! What can be wrong between payments: refunds, roles, and what is waited for.

use super::rules::{Case, row};
use crate::ledger::at;
use paygate_core::kind::Kind;
use paygate_core::proof::Check;
use paygate_core::status::Status;

pub const REFUNDS: &[Case] = &[
    ("what is refunded", Check::RefundedDiffers, |facts| row(facts, "charge").refunded_minor += 1),
    ("a refund lost", Check::RefundedDiffers, |facts| {
        facts.payment("charge").refunds.refunded_minor = 0;
    }),
    ("what is claimed", Check::RefundingDiffers, |facts| {
        row(facts, "charge").refunding_minor -= 1;
    }),
    ("a claim lost", Check::RefundingDiffers, |facts| {
        facts.payment("charge").refunds.refunding_minor -= 500;
    }),
    ("too much claimed", Check::RefundsExceedPayment, |facts| {
        let fact = facts.payment("charge");
        fact.record.payment.refunding_minor = 6_001;
        fact.refunds.refunding_minor = 6_001;
    }),
    ("more refunded than captured", Check::RefundsExceedPayment, |facts| {
        let fact = facts.payment("captured");
        fact.record.payment.refunded_minor = 2_501;
        fact.refunds.refunded_minor = 2_501;
    }),
    ("a refunded opening balance", Check::NotRefundable, |facts| {
        row(facts, "opening").refunded_minor = 1;
    }),
    ("a refunded deposit", Check::NotRefundable, |facts| {
        row(facts, "from the bank").refunded_minor = 1;
    }),
    ("a claim on what is pending", Check::NotRefundable, |facts| {
        row(facts, "pending").refunding_minor = 1;
    }),
    ("all is refunded, and it stands", Check::ReversedDiffers, |facts| {
        row(facts, "charge").refunded_minor = 10_000;
    }),
    ("it is reversed, and something is left", Check::ReversedDiffers, |facts| {
        row(facts, "transfer").refunded_minor = 2_999;
    }),
    ("reversed without a refund", Check::ReversedDiffers, |facts| {
        row(facts, "worth").status = Status::Reversed;
    }),
    ("what was taken back", Check::TakenBackDiffers, |facts| {
        facts.payment("charge").refunds.taken_back_minor += 1;
    }),
    ("a share", Check::TakenBackDiffers, |facts| {
        facts.payment("across").refunds.taken_back_minor -= 1;
    }),
    ("a residue", Check::TakenBackDiffers, |facts| {
        facts.payment("captured across").refunds.taken_back_minor += 1;
    }),
];

pub const ROLES_AND_TIME: &[Case] = &[
    ("a charge from a bank", Check::RoleDiffers, |facts| {
        row(facts, "charge").source = facts.id("bank USD");
    }),
    ("a charge from a client", Check::RoleDiffers, |facts| {
        row(facts, "charge").source = facts.id("ada");
    }),
    ("a charge in another currency", Check::RoleDiffers, |facts| {
        row(facts, "charge").source = facts.id("acquirer EUR");
    }),
    ("a charge for a bank", Check::RoleDiffers, |facts| {
        row(facts, "charge").destination = facts.id("bank USD");
    }),
    ("a deposit from the acquirer", Check::RoleDiffers, |facts| {
        row(facts, "from the bank").source = facts.id("acquirer USD");
    }),
    ("a deposit from the opening equity", Check::RoleDiffers, |facts| {
        row(facts, "from the bank").source = facts.id("opening_equity USD");
    }),
    ("an opening balance from a bank", Check::RoleDiffers, |facts| {
        row(facts, "opening").source = facts.id("bank USD");
    }),
    ("an opening balance from a client", Check::RoleDiffers, |facts| {
        row(facts, "opening").source = facts.id("eve");
    }),
    ("an opening balance in another currency", Check::RoleDiffers, |facts| {
        row(facts, "opening").source = facts.id("opening_equity EUR");
    }),
    ("an opening balance for a bank", Check::RoleDiffers, |facts| {
        row(facts, "opening").destination = facts.id("bank USD");
    }),
    ("a deposit from a client", Check::RoleDiffers, |facts| {
        row(facts, "from the bank").source = facts.id("eve");
    }),
    ("a deposit in another currency", Check::RoleDiffers, |facts| {
        row(facts, "from the bank").source = facts.id("bank EUR");
    }),
    ("a deposit for a bank", Check::RoleDiffers, |facts| {
        row(facts, "from the bank").destination = facts.id("acquirer USD");
    }),
    ("a transfer from a bank", Check::RoleDiffers, |facts| {
        row(facts, "pending").source = facts.id("bank USD");
    }),
    ("a transfer to a bank", Check::RoleDiffers, |facts| {
        row(facts, "pending").destination = facts.id("bank USD");
    }),
    ("a refund by a bank", Check::RoleDiffers, |facts| {
        row(facts, "refunding").source = facts.id("bank USD");
    }),
    ("a refund for a bank", Check::RoleDiffers, |facts| {
        row(facts, "refunding").destination = facts.id("bank USD");
    }),
    ("a refund to another currency", Check::RoleDiffers, |facts| {
        row(facts, "refunding").destination = facts.id("acquirer EUR");
    }),
    ("a payout by a bank", Check::RoleDiffers, |facts| {
        row(facts, "pending").kind = Kind::Payout;
        row(facts, "pending").source = facts.id("acquirer USD");
        row(facts, "pending").destination = facts.id("bank USD");
    }),
    ("a payout to a client", Check::RoleDiffers, |facts| {
        row(facts, "pending").kind = Kind::Payout;
    }),
    ("a payout to the acquirer", Check::RoleDiffers, |facts| {
        row(facts, "pending").kind = Kind::Payout;
        row(facts, "pending").destination = facts.id("acquirer USD");
    }),
    ("a client's acquirer", Check::RoleDiffers, |facts| {
        facts.account("acquirer USD").role = crate::ledger::wallet();
    }),
    ("a transfer of something", Check::ParentDiffers, |facts| {
        row(facts, "transfer").parent = Some(facts.story.payment("charge"));
    }),
    ("a refund of nothing", Check::ParentDiffers, |facts| row(facts, "refund").parent = None),
    ("a transfer that is waited for", Check::Overdue, |facts| {
        row(facts, "pending").created_at = at(-9_999);
    }),
    ("a charge that is waited for", Check::Overdue, |facts| {
        let charge = row(facts, "processing");
        (charge.created_at, charge.lease_until) = (at(-9_999), Some(at(-9_000)));
    }),
    ("a lease that never was", Check::Overdue, |facts| {
        let charge = row(facts, "processing");
        (charge.created_at, charge.lease_until) = (at(-9_999), None);
    }),
    ("a parked one", Check::Overdue, |facts| {
        let pending = row(facts, "pending");
        (pending.created_at, pending.parked) = (at(-9_999), true);
    }),
    ("a hold that nobody gave back", Check::Overdue, |facts| {
        row(facts, "authorized").expires_at = Some(at(-9_999));
    }),
];
