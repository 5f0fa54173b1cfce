//! Workers that come and go under load.

use crate::client::expected_status;
use crate::invariants::assert_invariants;
use crate::load::{Load, WITHOUT_END};
use crate::stack::{Servers, Stack};
use crate::wait::{PATIENCE, until};
use std::time::Duration;

/// How many payments over ordinary amounts were claimed more than once: a claim was lost.
const CLAIMED_AGAIN: &str =
    "SELECT count(*) FROM payments WHERE attempts > 1 AND amount_minor % 100 NOT IN (3, 4, 5)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_payments_settle_once_while_a_worker_is_killed_twice() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    for _ in 0..3 {
        stack.start_worker().await;
    }
    let load = Load::start(&stack.client, 16, 500, |n| match n % 10 {
        3 => 2_001,
        7 => 2_002,
        _ => 2_010 + n % 3,
    });
    for settled in [20, 120] {
        stack.have_settled(settled).await;
        let worker = stack.workers.swap_remove(0);
        worker.has_in_hand(5).await;
        worker.process.kill();
        stack.start_worker().await;
    }
    let answers = load.finish().await;
    assert!(answers.refused.is_empty() && answers.unanswered.is_empty(), "{answers:?}");
    assert_eq!(answers.accepted.len(), 500);

    assert_invariants(&stack, &answers.accepted).await;
    assert_eq!(stack.count("FAILED").await, 100);
    assert!(stack.database.number(CLAIMED_AGAIN).await > 0, "no claim was lost by the kills");
    let totals = stack.acquirer.get("/v1/journal").await.json();
    let number = |field: &str| totals[field].as_u64().unwrap();
    assert!(number("authorizations") > number("keys"), "no call was in flight at the kills");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_waits_is_told_the_outcome() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    stack.start_worker().await;
    let mut accepted = Vec::new();
    for (minor, expected) in [(3_000, "SUCCESS"), (3_001, "FAILED"), (3_010, "SUCCESS")] {
        let reference = format!("waits-{minor}");
        let order = stack.client.order(minor, &reference).header("prefer", "wait=5");
        let answer = stack.client.send(order).await.unwrap();
        assert_eq!((answer.status, &*answer.text("status")), (201, expected), "{answer:?}");
        assert_eq!(answer.header("preference-applied"), "wait=5");
        accepted.push(crate::load::Accepted { id: answer.id(), minor, reference });
    }
    assert_invariants(&stack, &accepted).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_told_to_stop_finishes_what_it_holds_and_leaves_the_rest_to_others() {
    let Some(servers) = Servers::shared() else { return };
    // A lease that outlives the test: what is claimed twice was let down.
    let mut stack = Stack::start(&servers, &[("CLAIM_LEASE", "60s")]).await;
    stack.start_worker().await;
    stack.start_worker().await;
    let load = Load::start(&stack.client, 16, WITHOUT_END, |n| 4_000 + n % 3);
    for _ in 0..2 {
        let worker = stack.workers.swap_remove(0);
        worker.has_in_hand(5).await;
        worker.process.terminate(Duration::from_secs(10)).await;
        stack.start_worker().await;
    }
    let answers = load.stop().await;
    assert!(answers.refused.is_empty() && answers.unanswered.is_empty(), "{answers:?}");
    assert_invariants(&stack, &answers.accepted).await;
    assert_eq!(stack.database.number(CLAIMED_AGAIN).await, 0, "claims were let down");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_cannot_finish_in_time_ends_in_time_and_others_settle_what_it_held() {
    let Some(servers) = Servers::shared() else { return };
    // The provider keeps silent for longer than the worker has.
    let variables = [("ACQUIRER_TIMEOUT", "2s"), ("CLAIM_LEASE", "6s"), ("SHUTDOWN_TIMEOUT", "1s")];
    let mut stack = Stack::start(&servers, &variables).await;
    let load = Load::start(&stack.client, 4, 4, |_| 5_003);
    let answers = load.finish().await;
    let worker = stack.worker().await;
    until("the provider is asked", PATIENCE, async || {
        let totals = stack.acquirer.get("/v1/journal").await.json();
        (totals["effects"].as_u64() == Some(4)).then_some(())
    })
    .await;
    worker.process.terminate(Duration::from_millis(1_900)).await;
    assert_eq!(stack.count("PROCESSING").await, 4, "it ended before its time was over");

    stack.start_worker().await;
    assert_invariants(&stack, &answers.accepted).await;
    assert_eq!(stack.count("SUCCESS").await, 4);
    assert!(stack.database.number("SELECT min(attempts)::bigint FROM payments").await > 1);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_told_to_stop_answers_the_requests_in_flight() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    // Without a worker they wait for an outcome until one comes.
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let client = stack.client.clone();
            tokio::spawn(async move {
                let minor = 6_000 + n % 2;
                let order = client.order(minor, &format!("in-flight-{n}"));
                (minor, client.send(order.header("prefer", "wait=10")).await)
            })
        })
        .collect();
    until("all requests are in flight", PATIENCE, async || {
        (stack.count("PENDING").await == 20).then_some(())
    })
    .await;
    let old = stack.replace_api().await;
    old.ask_to_stop();
    stack.start_worker().await;
    for request in waiting {
        let (minor, answer) = request.await.unwrap();
        let answer = answer.expect("a request in flight was not answered");
        let expected = (201, expected_status(minor).to_owned());
        assert_eq!((answer.status, answer.text("status")), expected, "{answer:?}");
    }
    old.ends_well(Duration::from_secs(10)).await;

    // And under load: what was answered is kept, though requests that came too late are lost.
    let load = Load::start(&stack.client, 16, WITHOUT_END, |n| 6_000 + n % 2);
    until("many are accepted", PATIENCE, async || (load.accepted() > 100).then_some(())).await;
    stack.replace_api().await.terminate(Duration::from_secs(10)).await;
    let answers = load.stop().await;
    assert!(answers.refused.is_empty(), "{:?}", answers.refused);
    assert_invariants(&stack, &answers.accepted).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acquirer_that_misbehaves_is_asked_again_and_never_charges_twice() {
    let Some(servers) = Servers::shared() else { return };
    let variables = [
        ("ACQUIRER_TIMEOUT", "300ms"),
        ("CLAIM_LEASE", "1500ms"),
        ("MAX_ATTEMPTS", "3"),
        ("ACQUIRER_CONCURRENCY", "64"),
    ];
    let mut stack = Stack::start(&servers, &variables).await;
    stack.start_worker().await;
    stack.start_worker().await;
    let answers = Load::start(&stack.client, 8, 60, |n| 7_000 + n % 6).finish().await;
    assert_eq!(answers.accepted.len(), 60, "{answers:?}");
    assert_invariants(&stack, &answers.accepted).await;
    for (status, expected) in [("SUCCESS", 30), ("FAILED", 20), ("MANUAL_REVIEW", 10)] {
        assert_eq!(stack.count(status).await, expected, "{status}");
    }
    for payment in answers.accepted.iter().filter(|payment| payment.minor % 100 > 3) {
        let (authorizations, _) = stack.asked(payment.id).await;
        assert_eq!(authorizations, 3, "{payment:?} was asked for {authorizations} times");
    }
    stack.stop().await;
}
