//! Each rule by something that breaks it.

use super::broken_accounts::{ACCOUNTS, WHOLE};
use super::broken_payments::{AMOUNTS, ENTRIES, TIMELINES};
use super::broken_refunds::{REFUNDS, ROLES_AND_TIME};
use super::story::{Facts, Story};
use crate::ledger::{PATIENCE, at, currency, money, proved};
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_core::journal::Posting;
use paygate_core::payment::Payment;
use paygate_core::proof::{Check, Fact, Scope};
use paygate_core::status::Status;
use std::collections::BTreeSet;

/// What to break, what is found then, and how to break it.
pub type Case = (&'static str, Check, fn(&mut Facts<'_>));

/// Breaks the story in each way and looks for the violation of that rule.
fn check(cases: &[Case]) -> BTreeSet<Check> {
    let story = Story::told();
    for (case, expected, break_it) in cases {
        let mut facts = story.facts();
        break_it(&mut facts);
        let found: Vec<_> = facts.violations().iter().map(|violation| violation.check).collect();
        assert!(found.contains(&expected.as_str()), "{case}: {expected} is not among {found:?}");
    }
    cases.iter().map(|(_, check, _)| *check).collect()
}

/// A payment's row.
pub fn row<'a>(facts: &'a mut Facts<'_>, name: &str) -> &'a mut Payment {
    &mut facts.payment(name).record.payment
}

pub fn size<'a>(facts: &'a mut Facts<'_>) -> [&'a mut u64; 4] {
    let Fact::Size { accounts, payments, postings, transitions } = &mut facts.all[1] else {
        unreachable!()
    };
    [accounts, payments, postings, transitions]
}

pub fn of_account(
    fact: &mut Fact,
) -> (&mut Posting, &mut PaymentId, &mut i32, &mut Option<Timestamp>) {
    let Fact::Posting { posting, payment, transition_seq, at } = fact else { unreachable!() };
    (posting, payment, transition_seq, at)
}

pub fn posting<'a>(facts: &'a mut Facts<'_>, account: &str, seq: usize) -> &'a mut Posting {
    let place = facts.posting(account, seq);
    of_account(&mut facts.all[place]).0
}

pub fn made_at<'a>(
    facts: &'a mut Facts<'_>,
    account: &str,
    seq: usize,
) -> &'a mut Option<Timestamp> {
    let place = facts.posting(account, seq);
    of_account(&mut facts.all[place]).3
}

#[test]
fn every_rule_is_broken_by_something_and_found_by_its_name() {
    let tables = [WHOLE, ACCOUNTS, TIMELINES, ENTRIES, AMOUNTS, REFUNDS, ROLES_AND_TIME];
    let broken: BTreeSet<Check> = tables.into_iter().flat_map(check).collect();
    let all: BTreeSet<Check> = Check::ALL.iter().copied().collect();
    assert_eq!(all.difference(&broken).collect::<Vec<_>>(), Vec::<&Check>::new());
}

#[test]
fn the_documents_tell_every_rule() {
    let page = include_str!("../../../../../docs/finance.md");
    let (_, table) = page.split_once("| check | what does not fit |").unwrap();
    let names = table.lines().filter_map(|row| row.strip_prefix("| `")?.split(" | ").next());
    let told: BTreeSet<&str> = names
        .flat_map(|names| names.split(['`', ',', ' ']).filter(|name| !name.is_empty()))
        .collect();
    assert_eq!(told, Check::ALL.iter().map(|check| check.as_str()).collect());
}

/// How to break something, and the row and currency that are named then.
type Named = (fn(&mut Facts<'_>), String, Option<&'static str>);

#[test]
fn a_violation_names_its_row_and_its_currency() {
    let story = Story::told();
    let (ada, charge) = (story.account("ada"), story.payment("charge"));
    let cases: [Named; 8] = [
        (|facts| *size(facts)[0] += 1, "accounts".to_owned(), None),
        (|facts| facts.account("ada").held_minor += 1, format!("accounts {ada}"), Some("USD")),
        (|facts| *made_at(facts, "ada", 2) = None, format!("postings {ada}/2"), Some("USD")),
        (|facts| row(facts, "charge").amount.minor += 1, format!("payments {charge}"), Some("USD")),
        (
            |facts| facts.payment("charge").transitions[1].from = Status::Pending,
            format!("payment_transitions {charge}/2"),
            Some("USD"),
        ),
        (
            |facts| facts.payment("charge").entries[0].postings[0].amount.minor += 1,
            format!("postings of {charge}/2"),
            Some("USD"),
        ),
        (|facts| facts.account("yui").posted_minor += 1, "accounts".to_owned(), Some("JPY")),
        (
            |facts| {
                let (id, reason) = ("7".to_owned(), "no such status".to_owned());
                facts.all.push(Fact::Unreadable { table: "payments", id, reason });
            },
            "payments 7".to_owned(),
            None,
        ),
    ];
    for (break_it, row, code) in cases {
        let mut facts = story.facts();
        break_it(&mut facts);
        let found = facts.violations();
        let named = found
            .iter()
            .any(|violation| violation.row == row && violation.currency == code.map(currency));
        assert!(named, "{row} {code:?} is not among {found:?}");
    }
}

#[test]
fn one_wrong_row_is_not_found_again_with_each_that_follows() {
    let story = Story::told();
    let mut facts = story.facts();
    posting(&mut facts, "ada", 2).balance_after_minor += 1;
    let found: Vec<_> = facts.violations().into_iter().map(|it| (it.check, it.row)).collect();
    let ada = story.account("ada");
    let twice = Check::PostingBalanceDiffers.as_str();
    let expected = [
        (twice, format!("postings {ada}/2")),
        (twice, format!("postings {ada}/3")),
        (Check::PostingsDiffer.as_str(), "postings".to_owned()),
    ];
    assert_eq!(found, expected);
}

/// A payment, and how to have it wait since some time.
type Waits = (&'static str, fn(&mut Payment, Timestamp));

#[test]
fn nothing_is_overdue_before_its_time() {
    let story = Story::told();
    let now = at(story.ledger.seconds);
    let (limit, later) = (now - PATIENCE, now - PATIENCE - TimeDelta::microseconds(1));
    let waits: [Waits; 4] = [
        ("pending", |payment, since| payment.created_at = since),
        ("processing", |payment, since| {
            (payment.created_at, payment.lease_until) = (since, Some(at(-99_999)));
        }),
        ("processing", |payment, since| {
            (payment.created_at, payment.lease_until) = (at(-99_999), Some(since));
        }),
        ("authorized", |payment, since| payment.expires_at = Some(since)),
    ];
    for (name, set) in waits {
        for (since, overdue) in [(limit, false), (later, true)] {
            let mut facts = story.facts();
            set(row(&mut facts, name), since);
            let found = facts.violations();
            assert_eq!(found.len(), usize::from(overdue), "{name} since {since}: {found:?}");
        }
    }
    // A person takes the time it takes, and what is over waits for nobody.
    for name in ["in review", "charge", "declined", "voided", "transfer"] {
        let mut facts = story.facts();
        row(&mut facts, name).created_at = at(-99_999);
        assert_eq!(facts.violations(), [], "{name}");
    }
}

#[test]
fn a_refund_that_never_began_may_name_anything() {
    let story = Story::told();
    let mut facts = story.facts();
    row(&mut facts, "too great").destination = facts.id("opening_equity USD");
    row(&mut facts, "too great").debit = money(1, "USD");
    assert_eq!(facts.violations(), []);
}

#[test]
fn what_is_taken_back_between_currencies_is_known_when_no_refund_runs() {
    let story = Story::told();
    let mut facts = story.facts();
    let fact = facts.payment("across");
    fact.record.payment.refunding_minor = 5;
    fact.refunds.refunding_minor = 5;
    fact.refunds.taken_back_minor -= 1;
    assert_eq!(facts.violations(), []);
}

#[test]
fn an_empty_ledger_is_proved() {
    let (accounts, payments, postings, transitions) = (0, 0, 0, 0);
    let size = Fact::Size { accounts, payments, postings, transitions };
    let (summary, violations) = proved(Scope::Whole, vec![Fact::AsOf(at(0)), size]);
    assert_eq!((summary, violations), (Default::default(), vec![]));
}
