//! The table of kinds, written out: each row, and what follows from it in each state.

use super::*;
use crate::account::Account;
use crate::book::Book;
use crate::fixtures::{self, at, money};
use crate::id::{AccountId, PaymentId};
use crate::payment::Payment;
use crate::provider::{self, Call};
use crate::refund;
use crate::work::{WorkPolicy, process};
use uuid::Uuid;

const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const ORIGINAL: PaymentId = PaymentId(Uuid::from_u128(2));
const FROM: AccountId = AccountId(Uuid::from_u128(1));
const TO: AccountId = AccountId(Uuid::from_u128(2));

#[test]
fn names_read_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
    }
    assert_eq!(Kind::parse("Charge"), None);
}

fn told(party: Party) -> &'static str {
    match party {
        Party::Client => "client",
        Party::System(code) => code.as_str(),
    }
}

#[test]
fn each_kind_has_its_row() {
    let rows = Kind::ALL.iter().map(|kind| {
        let rules = kind.rules();
        let way = match rules.way {
            Way::Between { from, to } => format!("{} to {}", told(from), told(to)),
            Way::Back => "back".to_owned(),
        };
        let decided = format!("{:?}", rules.decided_by);
        let refunded = format!("{:?}", rules.refunded_by);
        let parties = if rules.shows_parties { "shown" } else { "hidden" };
        format!("{:8} | {way:24} | {decided:16} | {refunded:8} | {parties}", kind.as_str())
    });
    let expected = [
        "charge   | acquirer to client       | Authorization    | Provider | hidden",
        "transfer | client to client         | Book             | Book     | shown",
        "payout   | client to bank           | PayoutSubmission | Nobody   | shown",
        "deposit  | bank to client           | Book             | Nobody   | shown",
        "refund   | back                     | Parent           | Nobody   | shown",
        "opening  | opening_equity to client | Book             | Nobody   | shown",
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

/// A payment in that state, of which nothing is left to chance: rich accounts, no lease, and of a
/// refund a settled charge as its parent.
fn payment(kind: Kind, status: Status) -> Payment {
    let parent = match kind.rules().way {
        Way::Back => Some(ORIGINAL),
        Way::Between { .. } => None,
    };
    let payment = fixtures::payment(ID, kind, money(10, "USD"), (FROM, TO));
    Payment { status, parent, ..payment }
}

/// What a worker does with it.
fn worked(payment: &Payment) -> String {
    let charge = fixtures::payment(ORIGINAL, Kind::Charge, money(10, "USD"), (TO, FROM));
    let charge = Payment { status: Status::Success, ..charge };
    let held_minor = payment.held().map_or(0, |money| money.minor);
    let rich = |id| Account { posted_minor: 100, ..fixtures::account(id, "USD") };
    let accounts = vec![Account { held_minor, ..rich(FROM) }, rich(TO)];
    let mut book = Book::new(at(0), vec![payment.clone(), charge], accounts);
    if let Err(poison) = process(&mut book, ID, &WorkPolicy::default()) {
        return poison.to_owned();
    }
    let after = book.payment(ID).unwrap();
    if after == payment {
        return "-".to_owned();
    }
    match after.status {
        Status::Processing => match provider::call(after).unwrap() {
            Call::Authorize => "asks to authorize".to_owned(),
            Call::Refund { of } => {
                assert_eq!(of, ORIGINAL);
                "asks to refund".to_owned()
            }
        },
        settled => settled.to_string(),
    }
}

#[test]
fn what_follows_in_each_state() {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        for status in Status::ALL {
            let payment = payment(*kind, *status);
            let held = if payment.held().is_some() { "held" } else { "-" };
            let accounts = match (payment.claim_needs_accounts(), payment.claim_looks_at_accounts())
            {
                (true, false) => "locked",
                (false, true) => "seen",
                (false, false) => "-",
                (true, true) => "both",
            };
            let work = worked(&payment);
            let refund = if refund::check(&payment, 1).is_ok() { "refundable" } else { "-" };
            let end = if status.is_terminal() { "end" } else { "-" };
            rows.push(format!(
                "{:8} | {:13} | {held:4} | {accounts:6} | {work:17} | {refund:10} | {end}",
                kind.as_str(),
                status.as_str()
            ));
        }
    }
    let expected = [
        "charge   | PENDING       | -    | seen   | asks to authorize | -          | -",
        "charge   | PROCESSING    | -    | -      | asks to authorize | -          | -",
        "charge   | AUTHORIZED    | held | -      | -                 | -          | -",
        "charge   | MANUAL_REVIEW | -    | -      | -                 | -          | -",
        "charge   | SUCCESS       | -    | -      | -                 | refundable | end",
        "charge   | FAILED        | -    | -      | -                 | -          | end",
        "charge   | REVERSED      | -    | -      | -                 | refundable | end",
        "charge   | VOIDED        | -    | -      | -                 | -          | end",
        "charge   | EXPIRED       | -    | -      | -                 | -          | end",
        "transfer | PENDING       | -    | locked | SUCCESS           | -          | -",
        "transfer | PROCESSING    | -    | locked | -                 | -          | -",
        "transfer | AUTHORIZED    | held | locked | -                 | -          | -",
        "transfer | MANUAL_REVIEW | held | locked | -                 | -          | -",
        "transfer | SUCCESS       | -    | locked | -                 | refundable | end",
        "transfer | FAILED        | -    | locked | -                 | -          | end",
        "transfer | REVERSED      | -    | locked | -                 | refundable | end",
        "transfer | VOIDED        | -    | locked | -                 | -          | end",
        "transfer | EXPIRED       | -    | locked | -                 | -          | end",
        "payout   | PENDING       | -    | locked | unsupported-kind  | -          | -",
        "payout   | PROCESSING    | held | locked | unsupported-kind  | -          | -",
        "payout   | AUTHORIZED    | held | locked | -                 | -          | -",
        "payout   | MANUAL_REVIEW | held | locked | -                 | -          | -",
        "payout   | SUCCESS       | -    | locked | -                 | -          | end",
        "payout   | FAILED        | -    | locked | -                 | -          | end",
        "payout   | REVERSED      | -    | locked | -                 | -          | end",
        "payout   | VOIDED        | -    | locked | -                 | -          | end",
        "payout   | EXPIRED       | -    | locked | -                 | -          | end",
        "deposit  | PENDING       | -    | locked | SUCCESS           | -          | -",
        "deposit  | PROCESSING    | -    | locked | -                 | -          | -",
        "deposit  | AUTHORIZED    | held | locked | -                 | -          | -",
        "deposit  | MANUAL_REVIEW | -    | locked | -                 | -          | -",
        "deposit  | SUCCESS       | -    | locked | -                 | -          | end",
        "deposit  | FAILED        | -    | locked | -                 | -          | end",
        "deposit  | REVERSED      | -    | locked | -                 | -          | end",
        "deposit  | VOIDED        | -    | locked | -                 | -          | end",
        "deposit  | EXPIRED       | -    | locked | -                 | -          | end",
        "refund   | PENDING       | -    | locked | asks to refund    | -          | -",
        "refund   | PROCESSING    | held | locked | asks to refund    | -          | -",
        "refund   | AUTHORIZED    | held | locked | -                 | -          | -",
        "refund   | MANUAL_REVIEW | held | locked | -                 | -          | -",
        "refund   | SUCCESS       | -    | locked | -                 | -          | end",
        "refund   | FAILED        | -    | locked | -                 | -          | end",
        "refund   | REVERSED      | -    | locked | -                 | -          | end",
        "refund   | VOIDED        | -    | locked | -                 | -          | end",
        "refund   | EXPIRED       | -    | locked | -                 | -          | end",
        "opening  | PENDING       | -    | locked | SUCCESS           | -          | -",
        "opening  | PROCESSING    | -    | locked | -                 | -          | -",
        "opening  | AUTHORIZED    | held | locked | -                 | -          | -",
        "opening  | MANUAL_REVIEW | -    | locked | -                 | -          | -",
        "opening  | SUCCESS       | -    | locked | -                 | -          | end",
        "opening  | FAILED        | -    | locked | -                 | -          | end",
        "opening  | REVERSED      | -    | locked | -                 | -          | end",
        "opening  | VOIDED        | -    | locked | -                 | -          | end",
        "opening  | EXPIRED       | -    | locked | -                 | -          | end",
    ];
    assert_eq!(rows, expected);
}
