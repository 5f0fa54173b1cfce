//! What an account's balance was, and what happened between two moments.

use crate::rig::{Rig, WE, currency, named, rest};
use chrono::TimeDelta;
use paygate_app::WorkerConfig;
use paygate_core::Timestamp;
use paygate_core::account::{AccountRef, SystemAccount};
use paygate_core::id::AccountId;
use paygate_core::kind::Kind;
use paygate_core::proof::Position;
use paygate_core::statement::Period;
use std::time::Duration;
use uuid::Uuid;

/// An account that had 5,000 at the start, 4,000 a minute later, 3,000 and 4,000 two minutes later.
async fn moved() -> (Rig, AccountId, AccountId) {
    let rig = Rig::new().await;
    let (own, other) = (rig.wallet("5000.00 IDR").await, rig.wallet("5000.00 IDR").await);
    let worker = rig.worker(WorkerConfig::default());
    rig.pass(Duration::from_secs(60)).await;
    rig.transferred(rig.transfer(own, other, "1000")).await;
    rest().await;
    rig.pass(Duration::from_secs(60)).await;
    rig.transferred(rig.transfer(own, other, "1000")).await;
    rest().await;
    rig.transferred(rig.transfer(other, own, "1000")).await;
    rest().await;
    worker.stop().await;
    rig.pass(Duration::from_secs(60)).await;
    rig.check();
    (rig, own, other)
}

fn after(rig: &Rig, micros: i64) -> Timestamp {
    rig.start + TimeDelta::microseconds(micros)
}

const MINUTE: i64 = 60_000_000;

#[tokio::test]
async fn a_balance_is_that_at_the_end_of_the_moment() {
    let (rig, own, _) = moved().await;
    for (micros, major) in [
        (-1, "0.00"),
        (0, "5000.00"),
        (MINUTE - 1, "5000.00"),
        (MINUTE, "4000.00"),
        (2 * MINUTE - 1, "4000.00"),
        (2 * MINUTE, "4000.00"),
        (99 * MINUTE, "4000.00"),
    ] {
        let told = rig.accounts.balance_at(&WE, named(own), after(&rig, micros)).await.unwrap();
        let (record, balance) = told.unwrap();
        assert_eq!((record.account.id, balance.to_string().as_str()), (own, major), "{micros}");
        assert_eq!(balance.currency, currency("IDR"));
    }
    let unknown = AccountRef::Id(AccountId(Uuid::from_u128(1)));
    assert_eq!(rig.accounts.balance_at(&WE, unknown.clone(), rig.start).await.unwrap(), None);
    assert_eq!(rig.accounts.statement(&WE, unknown, Period::default()).await.unwrap(), None);
    let equity = rig.standing.system(SystemAccount::OpeningEquity, currency("IDR")).unwrap();
    let told = rig.accounts.balance_at(&WE, named(equity), rig.start).await.unwrap().unwrap();
    assert_eq!(told.1.to_string(), "-10000.00");
}

#[tokio::test]
async fn a_period_has_its_first_moment_and_not_its_last() {
    let (rig, own, _) = moved().await;
    let position = |seq: i64, balance_minor: i64| Position { seq, balance_minor };
    let whole = (position(0, 0), position(4, 400_000));
    let empty = |seq, minor| (position(seq, minor), position(seq, minor));
    for (from, to, ends) in [
        (None, None, whole),
        (Some(0), None, whole),
        (None, Some(99 * MINUTE), whole),
        (Some(1), None, (position(1, 500_000), position(4, 400_000))),
        (None, Some(MINUTE), (position(0, 0), position(1, 500_000))),
        (Some(MINUTE), Some(2 * MINUTE), (position(1, 500_000), position(2, 400_000))),
        (Some(MINUTE), Some(2 * MINUTE + 1), (position(1, 500_000), position(4, 400_000))),
        // Nothing happened, or nothing can have.
        (Some(MINUTE), Some(MINUTE), empty(1, 500_000)),
        (Some(MINUTE + 1), Some(2 * MINUTE), empty(2, 400_000)),
        (None, Some(0), empty(0, 0)),
        (Some(2 * MINUTE), Some(0), empty(2, 400_000)),
        (Some(99 * MINUTE), None, empty(4, 400_000)),
        (Some(99 * MINUTE), Some(1), empty(4, 400_000)),
    ] {
        let moment = |micros: Option<i64>| micros.map(|micros| after(&rig, micros));
        let period = Period { from: moment(from), to: moment(to) };
        let statement = rig.accounts.statement(&WE, named(own), period).await.unwrap().unwrap();
        assert_eq!((statement.opening, statement.closing), ends, "{from:?} to {to:?}");
        let lines = rig.accounts.lines(&WE, &statement, 0, 100).await.unwrap();
        let seqs: Vec<i64> = lines.iter().map(|line| line.posting.account_seq).collect();
        let expected: Vec<i64> = (ends.0.seq + 1..=ends.1.seq).collect();
        assert_eq!(seqs, expected, "{from:?} to {to:?}");
        let moved: i64 = lines.iter().map(|line| line.posting.amount.minor).sum();
        assert_eq!(ends.0.balance_minor + moved, ends.1.balance_minor);
    }
}

#[tokio::test]
async fn the_ends_of_time_are_moments_too() {
    let (rig, own, _) = moved().await;
    let period = Period { from: Some(Timestamp::MIN_UTC), to: Some(Timestamp::MAX_UTC) };
    let statement = rig.accounts.statement(&WE, named(own), period).await.unwrap().unwrap();
    assert_eq!((statement.opening, statement.closing.seq), (Position::START, 4));
    let period = Period { from: None, to: Some(Timestamp::MIN_UTC) };
    let statement = rig.accounts.statement(&WE, named(own), period).await.unwrap().unwrap();
    assert_eq!(statement.closing, Position::START);
}

#[tokio::test]
async fn lines_come_by_pages_within_the_statement() {
    let (rig, own, other) = moved().await;
    let period = Period { from: Some(after(&rig, MINUTE)), to: None };
    let statement = rig.accounts.statement(&WE, named(own), period).await.unwrap().unwrap();
    let page =
        async |after, limit| rig.accounts.lines(&WE, &statement, after, limit).await.unwrap();
    let first = page(0, 2).await;
    let seqs: Vec<i64> = first.iter().map(|it| it.posting.account_seq).collect();
    assert_eq!(seqs, [2, 3]);
    assert_eq!((first[0].kind, first[0].at), (Kind::Transfer, after(&rig, MINUTE)));
    assert!(first.iter().all(|it| it.counterparty.id() == other));
    let last = page(3, 2).await;
    assert_eq!((last.len(), last[0].posting.balance_after_minor), (1, 400_000));
    assert!(page(4, 2).await.is_empty());
}

#[tokio::test]
async fn what_happens_after_the_statement_was_asked_for_is_not_in_it() {
    let (rig, own, other) = moved().await;
    let statement =
        rig.accounts.statement(&WE, named(own), Period::default()).await.unwrap().unwrap();
    let worker = rig.worker(WorkerConfig::default());
    rig.transferred(rig.transfer(own, other, "1000")).await;
    rest().await;
    assert_eq!(rig.account(own).last_seq, 5);
    assert_eq!(rig.accounts.lines(&WE, &statement, 0, 100).await.unwrap().len(), 4);
    worker.stop().await;
}
