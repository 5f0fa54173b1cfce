//! The reconciler proves what is new, raises the alarm, and outlives a store that is away.

use crate::rig::counted::Counted;
use crate::rig::{Rig, WE, key, rest, soon};
use chrono::DateTime;
use paygate_app::{ProofError, Proofs, Reconciler, WorkerConfig};
use paygate_core::id::AccountId;
use paygate_core::proof::Scope;
use paygate_ports::StoreError;
use paygate_testkit::faults::{Asked, Call, Method};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(60);
const IMBALANCES: &str = "paygate_ledger_imbalance_total";
const PROVED: &str = "paygate_ledger_proved_entries_total";

/// One of the reconcilers of a store: that of the rig's process, or of another.
fn reconciler_of(rig: &Rig, proofs: Proofs) -> (CancellationToken, JoinHandle<()>) {
    let clock = Arc::new(rig.clock.clone());
    let reconciler = Reconciler::new(proofs, rig.store.clone(), clock, INTERVAL);
    let stop = CancellationToken::new();
    (stop.clone(), tokio::spawn(reconciler.run(stop)))
}

fn reconciler(rig: &Rig) -> (CancellationToken, JoinHandle<()>) {
    reconciler_of(rig, rig.proofs.clone())
}

/// A proof from the beginning.
const ALL: i64 = i64::MIN;

/// What was proved.
fn proofs(rig: &Rig) -> Vec<Scope> {
    let scope = |call: Call| match call.asked {
        Asked::Scope(scope) => scope,
        other => panic!("no scope: {other:?}"),
    };
    rig.faults.calls(Method::Examine).into_iter().map(scope).collect()
}

/// The moments from which on the ledger was proved, in seconds since the start.
fn proved_from(rig: &Rig) -> Vec<i64> {
    let since = |scope: &Scope| match scope {
        Scope::Since(from) if *from < DateTime::UNIX_EPOCH => ALL,
        Scope::Since(from) => (*from - rig.start).num_seconds(),
        Scope::Whole => panic!("all of it was proved"),
    };
    proofs(rig).iter().map(since).collect()
}

/// A row of the journal says that much less than its account.
fn break_a_posting(rig: &Rig, account: AccountId) {
    rig.broken();
    let account = key(account.0);
    rig.run(format!(
        "DROP TRIGGER IF EXISTS postings_never_change; \
         UPDATE postings SET amount_minor = amount_minor - 1 WHERE account_id = {account}"
    ));
}

#[tokio::test]
async fn it_proves_what_is_new_and_looks_back_a_little() {
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    rig.wallet("5000.00 IDR").await;
    assert_eq!(proofs(&rig), []);
    for _ in 0..27 {
        rig.pass(Duration::from_secs(5)).await;
    }
    // At 5, 65 and 125 s, from half a minute before where the one before ended.
    assert_eq!(proved_from(&rig), [ALL, -25, 35]);
    assert_eq!((counted.at(PROVED), counted.of(IMBALANCES)), (2, Vec::new()));
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn of_several_workers_one_proves_and_each_goes_on_where_the_last_one_ended() {
    let rig = Rig::new().await;
    let proofs = || Proofs::new(rig.store.clone(), INTERVAL);
    let mut workers = [0; 3].map(|_| reconciler_of(&rig, proofs()));
    rest().await;
    rig.pass(INTERVAL).await;
    rig.pass(INTERVAL).await;
    assert_eq!(proved_from(&rig), [ALL, 30]);
    for (stop, task) in &mut workers[..2] {
        stop.cancel();
        soon(task).await.unwrap();
    }
    rig.pass(INTERVAL).await;
    assert_eq!(proved_from(&rig), [ALL, 30, 90]);
    workers[2].0.cancel();
}

#[tokio::test]
async fn what_does_not_hold_raises_the_alarm() {
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    let account = rig.wallet("5000.00 IDR").await;
    break_a_posting(&rig, account);
    rig.pass(INTERVAL).await;
    let found = counted.of(IMBALANCES);
    assert!(
        found.contains(&(format!("{IMBALANCES}{{currency=IDR,check=posting-balance-differs}}"), 1)),
        "{found:?}"
    );
    assert!(found.iter().any(|(name, _)| name.contains("entry-unbalanced")), "{found:?}");
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn every_violation_is_counted_however_many_there_are() {
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    for _ in 0..150 {
        let account = rig.wallet("5000.00 IDR").await;
        break_a_posting(&rig, account);
    }
    rig.pass(INTERVAL).await;
    let unbalanced = format!("{IMBALANCES}{{currency=IDR,check=entry-unbalanced}}");
    assert_eq!(counted.at(&unbalanced), 150);
    let kept = rig.proofs.prove(&WE, Scope::Whole, 10).await.unwrap();
    assert_eq!((kept.violations.len(), kept.summary.violations > 150), (10, true));
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn what_a_store_that_was_away_kept_from_it_is_proved_later() {
    let counted = Counted::default();
    let _counting = metrics::set_default_local_recorder(&counted);
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    let account = rig.wallet("5000.00 IDR").await;
    break_a_posting(&rig, account);
    // Away when it asks whether a proof is due.
    rig.faults.on(Method::Begin).times(3).fails_before();
    for _ in 0..3 {
        rig.pass(INTERVAL).await;
    }
    assert_eq!((proved_from(&rig), counted.of(IMBALANCES)), (vec![], vec![]));
    // Away in the middle of a proof: it is begun again when the next is due.
    rig.faults.gate(Method::Examine).shut();
    rig.pass(INTERVAL).await;
    rig.faults.on(Method::Examine).fails_before();
    rig.faults.gate(Method::Examine).open();
    rest().await;
    assert_eq!((proved_from(&rig), counted.of(IMBALANCES)), (vec![ALL], vec![]));
    rig.pass(INTERVAL).await;
    assert_eq!(proved_from(&rig), [ALL, ALL]);
    assert_ne!(counted.of(IMBALANCES), []);
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn a_proof_that_was_not_recorded_is_made_again() {
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    rig.pass(INTERVAL).await;
    rig.run("UPDATE ledger_proof SET proved_to = 0");
    rig.pass(INTERVAL).await;
    rig.pass(INTERVAL).await;
    assert_eq!(proved_from(&rig), [ALL, ALL, 90]);
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn one_proof_at_a_time_and_the_next_look_makes_up_for_it() {
    let rig = Rig::new().await;
    rig.faults.gate(Method::Examine).shut();
    let asked = rig.proofs.clone();
    let first = tokio::spawn(async move { asked.prove(&WE, Scope::Whole, 1).await });
    rest().await;
    let second = soon(rig.proofs.prove(&WE, Scope::Whole, 1)).await;
    assert_eq!(second.unwrap_err(), ProofError::UnderWay);
    let (stop, task) = reconciler(&rig);
    rest().await;
    rig.pass(INTERVAL).await;
    assert_eq!(proofs(&rig).len(), 1);
    rig.faults.gate(Method::Examine).open();
    let proven = soon(first).await.unwrap().unwrap();
    assert_eq!(proven.summary.violations, 0);
    rig.faults.forget_calls();
    rig.pass(INTERVAL).await;
    assert_eq!(proved_from(&rig), [ALL]);
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn a_proof_that_is_given_up_lets_the_next_begin() {
    let rig = Rig::new().await;
    rig.faults.gate(Method::Examine).shut();
    let asked = rig.proofs.clone();
    let first = tokio::spawn(async move { asked.prove(&WE, Scope::Whole, 1).await });
    rest().await;
    first.abort();
    rest().await;
    rig.faults.gate(Method::Examine).open();
    assert!(rig.proofs.prove(&WE, Scope::Whole, 1).await.is_ok());
    rig.faults.on(Method::Examine).fails_before();
    let away = rig.proofs.prove(&WE, Scope::Whole, 1).await.unwrap_err();
    assert!(matches!(away, ProofError::Store(StoreError::Unavailable(_))), "{away:?}");
    assert!(rig.proofs.prove(&WE, Scope::Whole, 1).await.is_ok());
}

#[tokio::test]
async fn it_stops_in_the_middle_of_a_proof() {
    let rig = Rig::new().await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    rig.faults.gate(Method::Examine).shut();
    rig.pass(INTERVAL).await;
    assert_eq!(rig.faults.gate(Method::Examine).waiting(), 1);
    stop.cancel();
    soon(task).await.unwrap();
    // Given back: another worker need not wait until it is taken for dead.
    rig.faults.gate(Method::Examine).open();
    rig.pass(INTERVAL).await;
    let (stop, task) = reconciler(&rig);
    rest().await;
    rig.pass(Duration::from_secs(5)).await;
    assert_eq!(proved_from(&rig).len(), 2);
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn a_whole_proof_tells_what_there_is_and_how_far_it_is() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    rig.transferred(rig.transfer(from, to, "1000")).await;
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    worker.stop().await;
    let proven = rig.proofs.prove(&WE, Scope::Whole, 10).await.unwrap();
    assert_eq!(proven.as_of, Some(rig.start));
    let summary = &proven.summary;
    assert_eq!((summary.payments, summary.entries, summary.postings), (2, 2, 4));
    let totals = summary.totals.iter().find(|it| it.currency == crate::rig::currency("IDR"));
    let totals = totals.unwrap();
    assert_eq!((totals.wallets, totals.opening_equity, totals.sum), (500_000, -500_000, 0));

    let mut steps: Vec<(u64, u64)> = Vec::new();
    let progress = |seen, total| steps.push((seen, total));
    rig.proofs.run(&WE, Scope::Whole, |_| (), progress).await.unwrap();
    let total = summary.accounts + summary.payments + summary.postings;
    assert_eq!((steps.first(), steps.last()), (Some(&(0, total)), Some(&(total, total))));
}

#[tokio::test]
async fn what_waits_too_long_is_a_violation() {
    let rig = Rig::new().await;
    rig.accept(100).await;
    rig.pass(Duration::from_secs(3_600)).await;
    assert_eq!(rig.proofs.prove(&WE, Scope::Whole, 10).await.unwrap().violations, []);
    rig.pass(Duration::from_secs(1)).await;
    let found = rig.proofs.prove(&WE, Scope::Whole, 10).await.unwrap().violations;
    assert_eq!(found.iter().map(|it| it.check).collect::<Vec<_>>(), ["overdue"]);
}
