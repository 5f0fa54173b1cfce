//! A part of the ledger is proved by the same rules, as far as they can be known of a part.

use super::story::Story;
use crate::ledger::{at, proved};
use paygate_core::proof::{Check, Fact, Position, Proof, Scope};

fn since(story: &Story, seconds: i64) -> (Scope, Vec<Fact>) {
    let scope = Scope::Since(at(seconds));
    (scope, story.ledger.facts(scope))
}

#[test]
fn what_is_new_is_proved_alone() {
    let story = Story::told();
    for seconds in (0..story.ledger.seconds + 20).step_by(10) {
        let (scope, facts) = since(&story, seconds);
        let (summary, violations) = proved(scope, facts);
        assert_eq!(violations, [], "since {seconds}");
        assert_eq!(summary.totals, []);
        let whole = story.ledger.entries.len() as u64;
        assert!(summary.entries < whole || seconds <= 10);
    }
    let (scope, facts) = since(&story, story.ledger.seconds + 1);
    let (summary, _) = proved(scope, facts);
    assert_eq!((summary.accounts, summary.payments, summary.entries), (0, 0, 0));
}

#[test]
fn postings_go_on_from_where_they_stood() {
    let story = Story::told();
    let ada = story.account("ada");
    for (by, expected) in [
        (Position { seq: 1, balance_minor: 0 }, Check::PostingSeqGap),
        (Position { seq: 0, balance_minor: 1 }, Check::PostingBalanceDiffers),
    ] {
        let (scope, mut facts) = since(&story, 100);
        for fact in &mut facts {
            if let Fact::Account { account, start, .. } = fact
                && account.id == ada
            {
                assert!(start.seq > 0);
                start.seq += by.seq;
                start.balance_minor += by.balance_minor;
            }
        }
        let (_, violations) = proved(scope, facts);
        assert_eq!(violations[0].check, expected.as_str());
        assert_eq!(violations.len(), 1, "{violations:?}");
    }
}

#[test]
fn what_a_part_does_not_show_is_not_asked_of_it() {
    let story = Story::told();
    let (scope, mut facts) = since(&story, 100);
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Size { .. })), "counting would cost");
    let (accounts, payments, postings, transitions) = (1, 1, 1, 1);
    facts.insert(1, Fact::Size { accounts, payments, postings, transitions });
    assert_eq!(proved(scope, facts).1, []);
    // An account of which nothing new is shown says nothing about the time of what is not.
    let (scope, mut facts) = since(&story, 100);
    facts.retain(|fact| !matches!(fact, Fact::Posting { .. } | Fact::Payment(_)));
    for fact in &mut facts {
        if let Fact::Account { account, start, .. } = fact {
            *start = Position { seq: account.last_seq, balance_minor: account.posted_minor };
        }
    }
    assert_eq!(proved(scope, facts).1, []);
}

#[test]
fn the_whole_begins_at_the_beginning_whatever_a_store_says() {
    let story = Story::told();
    let mut facts = story.facts();
    let first = facts.posting("eve", 1);
    facts.all.remove(first);
    let eve = facts.account("eve").clone();
    for fact in &mut facts.all {
        if let Fact::Account { account, start, .. } = fact
            && account.id == eve.id
        {
            *start = Position { seq: 1, balance_minor: eve.posted_minor };
        }
    }
    let found: Vec<_> = facts.violations().iter().map(|violation| violation.check).collect();
    assert!(found.contains(&Check::AccountBalanceDiffers.as_str()), "{found:?}");
}

#[test]
fn a_proof_may_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Proof<'_>>();
}

#[test]
fn violations_are_told_as_they_are_found() {
    let story = Story::told();
    let mut told = 0;
    let mut facts = story.facts();
    facts.account("ada").held_minor += 1;
    let seen = facts.posting("ada", 2);
    let mut proof = Proof::new(Scope::Whole, crate::ledger::PATIENCE, |_| told += 1);
    facts.all.truncate(seen);
    facts.all.into_iter().for_each(|fact| proof.see(fact));
    // Not finished: what was found was told on the way.
    drop(proof);
    assert_eq!(told, 1);
}
