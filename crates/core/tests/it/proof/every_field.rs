//! Every field that is money, a currency, an account, a state or a place in a sequence, changed in
//! every row of the story that has it: something is always found.

use super::story::{Facts, Story};
use crate::ledger::{at, currency};
use paygate_core::account::Account;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::{Entry, Posting};
use paygate_core::kind::Kind;
use paygate_core::money::Currency;
use paygate_core::payment::{Payment, Transition};
use paygate_core::proof::{Fact, PaymentFact, RefundSums};
use paygate_core::status::Status;
use uuid::Uuid;

/// A field's name, whether it matters in the row, and how to change it.
type Change<T> = (&'static str, fn(&T) -> bool, fn(&mut T));

const NOBODY: AccountId = AccountId(Uuid::from_u128(u128::MAX));
const NOTHING: PaymentId = PaymentId(Uuid::from_u128(u128::MAX));

fn another(of: Currency) -> Currency {
    currency(if of.code() == "USD" { "EUR" } else { "USD" })
}

fn always<T>(_: &T) -> bool {
    true
}

const OF_ACCOUNT: &[Change<Account>] = &[
    ("currency", posted, |it| it.currency = another(it.currency)),
    ("posted", always, |it| it.posted_minor += 1),
    ("posted", always, |it| it.posted_minor -= 1),
    ("held", always, |it| it.held_minor += 1),
    ("held", always, |it| it.held_minor -= 1),
    ("last seq", always, |it| it.last_seq += 1),
    ("last entry", always, |it| it.last_entry_at = Some(at(99_999))),
    ("id", posted, |it| it.id = NOBODY),
];

fn posted(account: &Account) -> bool {
    account.last_seq > 0
}

const OF_POSTING: &[Change<Posting>] = &[
    ("account", always, |it| it.account = NOBODY),
    ("seq", always, |it| it.account_seq += 1),
    ("amount", always, |it| it.amount.minor += 1),
    ("amount", always, |it| it.amount.minor -= 1),
    ("amount", always, |it| it.amount.minor = it.amount.minor.saturating_neg()),
    ("currency", always, |it| it.amount.currency = another(it.amount.currency)),
    ("balance", always, |it| it.balance_after_minor += 1),
];

const OF_PAYMENT: &[Change<Payment>] = &[
    ("amount", always, |it| it.amount.minor += 1),
    ("amount", always, |it| it.amount.minor = -it.amount.minor),
    ("amount's currency", always, |it| it.amount.currency = another(it.amount.currency)),
    ("debit", began, |it| it.debit.minor += 1),
    ("debit", always, |it| it.debit.minor = -1),
    ("debit's currency", paid, |it| it.debit.currency = another(it.debit.currency)),
    ("credit", always, |it| it.credit.minor += 1),
    ("credit's currency", always, |it| it.credit.currency = another(it.credit.currency)),
    ("source", debited, |it| it.source = NOBODY),
    ("destination", moved, |it| it.destination = NOBODY),
    ("both sides", moved, |it| std::mem::swap(&mut it.source, &mut it.destination)),
    ("kind", always, |it| {
        it.kind = if it.kind == Kind::Charge { Kind::Deposit } else { Kind::Charge };
    }),
    ("id", |it| it.transitions > 0, |it| it.id = NOTHING),
    ("transitions", always, |it| it.transitions += 1),
    ("parent", always, |it| it.parent = it.parent.is_none().then_some(NOTHING)),
    ("captured", always, |it| it.captured_minor = Some(it.captured_minor.unwrap_or(0) + 1)),
    ("refunded", always, |it| it.refunded_minor += 1),
    ("refunded", always, |it| it.refunded_minor -= 1),
    ("refunding", always, |it| it.refunding_minor += 1),
    ("refunding", always, |it| it.refunding_minor -= 1),
    ("hold", |it| it.expires_at.is_some(), |it| it.hold = !it.hold),
    ("expiry", |it| it.hold, |it| it.expires_at = None),
];

fn moved(payment: &Payment) -> bool {
    matches!(payment.status, Status::Success | Status::Reversed)
}

fn debited(payment: &Payment) -> bool {
    moved(payment) && payment.debit.minor > 0
}

/// The debit of a refund that never began is anything.
fn began(payment: &Payment) -> bool {
    payment.kind != Kind::Refund || !matches!(payment.status, Status::Pending | Status::Failed)
}

/// Until it is posted, only the refund itself says what currency its debit is in.
fn paid(payment: &Payment) -> bool {
    payment.kind != Kind::Refund || debited(payment)
}

const OF_TRANSITION: &[Change<Transition>] = &[
    ("payment", always, |it| it.payment = NOTHING),
    ("seq", always, |it| it.seq += 1),
    ("seq", always, |it| it.seq -= 1),
];

const OF_ENTRY: &[Change<Entry>] = &[
    ("payment", always, |it| it.payment = NOTHING),
    ("transition", always, |it| it.transition_seq += 1),
    ("time", always, |it| it.at = at(99_999)),
    ("postings", always, |it| _ = it.postings.pop()),
];

const OF_REFUNDS: &[Change<RefundSums>] = &[
    ("refunded", always, |it| it.refunded_minor += 1),
    ("taken back", always, |it| it.taken_back_minor += 1),
    ("refunding", always, |it| it.refunding_minor += 1),
];

/// Applies each change to each part of each fact, and looks for a violation.
fn check<T>(changes: &[Change<T>], parts: impl Fn(&mut Fact) -> Vec<&mut T>) {
    let story = Story::told();
    let mut tried = 0;
    for place in 0..story.facts().all.len() {
        let count = parts(&mut story.facts().all[place]).len();
        for part in 0..count {
            for (name, matters, change) in changes {
                let mut facts = story.facts();
                let what = format!("{name} of {:?}", facts.all[place]);
                let row = parts(&mut facts.all[place]).swap_remove(part);
                if matters(row) {
                    change(row);
                    assert!(!facts.violations().is_empty(), "{what}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 0);
}

fn of_payment<'a, T>(
    fact: &'a mut Fact,
    parts: impl FnOnce(&'a mut PaymentFact) -> Vec<&'a mut T>,
) -> Vec<&'a mut T> {
    match fact {
        Fact::Payment(fact) => parts(fact),
        _ => vec![],
    }
}

#[test]
fn of_accounts() {
    check(OF_ACCOUNT, |fact| match fact {
        Fact::Account { account, .. } => vec![account],
        _ => vec![],
    });
}

#[test]
fn of_postings_as_accounts_show_them() {
    check(OF_POSTING, |fact| match fact {
        Fact::Posting { posting, .. } => vec![posting],
        _ => vec![],
    });
}

#[test]
fn of_postings_as_payments_show_them() {
    check(OF_POSTING, |fact| {
        of_payment(fact, |fact| {
            fact.entries.iter_mut().flat_map(|entry| &mut entry.postings).collect()
        })
    });
}

#[test]
fn of_payments() {
    check(OF_PAYMENT, |fact| of_payment(fact, |fact| vec![&mut fact.record.payment]));
}

#[test]
fn of_transitions_entries_and_refunds() {
    check(OF_TRANSITION, |fact| of_payment(fact, |fact| fact.transitions.iter_mut().collect()));
    check(OF_ENTRY, |fact| of_payment(fact, |fact| fact.entries.iter_mut().collect()));
    check(OF_REFUNDS, |fact| of_payment(fact, |fact| vec![&mut fact.refunds]));
}

/// Puts every state but the right one everywhere a state stands.
#[test]
fn of_states() {
    let story = Story::told();
    let states = |fact: &mut PaymentFact| -> usize { 1 + 2 * fact.transitions.len() };
    let state = |fact: &mut PaymentFact, which: usize, to: Status| {
        let place = match which.checked_sub(1) {
            None => &mut fact.record.payment.status,
            Some(which) if which % 2 == 0 => &mut fact.transitions[which / 2].from,
            Some(which) => &mut fact.transitions[which / 2].to,
        };
        std::mem::replace(place, to) != to
    };
    let mut tried = 0;
    for place in 0..story.facts().all.len() {
        let Fact::Payment(fact) = &mut story.facts().all[place] else { continue };
        for which in 0..states(fact) {
            for to in Status::ALL {
                let mut facts: Facts<'_> = story.facts();
                let Fact::Payment(fact) = &mut facts.all[place] else { unreachable!() };
                if state(fact, which, *to) {
                    let what = format!("state {which} to {to} of {fact:?}");
                    assert!(!facts.violations().is_empty(), "{what}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

/// The same wrong row seen from both sides, as it would be if the database had it.
#[test]
fn of_postings_on_both_sides() {
    let story = Story::told();
    for place in 0..story.facts().all.len() {
        for (name, _, change) in OF_POSTING {
            let mut facts = story.facts();
            let Fact::Posting { posting, .. } = &mut facts.all[place] else { continue };
            let (before, what) = (*posting, format!("{name} of {posting:?}"));
            change(posting);
            for fact in &mut facts.all {
                let Fact::Payment(fact) = fact else { continue };
                for other in fact.entries.iter_mut().flat_map(|entry| &mut entry.postings) {
                    if *other == before {
                        change(other);
                    }
                }
            }
            let found = facts.violations();
            let both = |it: &&paygate_core::proof::Violation| it.check == "postings-differ";
            assert!(!found.is_empty() && found.iter().find(both).is_none(), "{what}: {found:?}");
        }
    }
}
