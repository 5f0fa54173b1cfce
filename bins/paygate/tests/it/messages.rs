//! Messages that come twice, never, or broken.

use crate::invariants::assert_invariants;
use crate::load::{Accepted, Load};
use crate::management::{Management, hint};
use crate::stack::Stack;
use crate::wait::{PATIENCE, until};
use paygate_core::id::PaymentId;
use paygate_ports::Quarantine;
use paygate_postgres::{PostgresConfig, PostgresStore};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The sweeper keeps out of it.
const NO_SWEEPER: (&str, &str) = ("SWEEP_AFTER", "1h");

fn ids_of(accepted: &[Accepted]) -> Vec<Uuid> {
    accepted.iter().map(|payment| payment.id).collect()
}

/// Creates a payment and waits until it has settled. Its hint comes after all that is in the queue,
/// so one worker has then handled all of that.
async fn flows(stack: &Stack, reference: &str) -> Accepted {
    let minor = 100;
    let id = stack.client.create(minor, reference).await;
    until("the queue flows", PATIENCE, async || {
        (stack.client.status(id).await == "SUCCESS").then_some(())
    })
    .await;
    Accepted { id, minor, reference: reference.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_that_comes_again_and_again_settles_once() {
    let Some((servers, broker)) = Management::servers().await else { return };
    let stack = Stack::start(&servers, &[NO_SWEEPER]).await;
    let (queue, dead) = (stack.processing(), stack.dead());
    let mut accepted = Load::start(&stack.client, 4, 40, |n| 200 + n % 3).finish().await.accepted;
    let ids = ids_of(&accepted);
    let unknown: Vec<Uuid> = (0..3).map(|_| paygate_testkit::build::payment_id().0).collect();
    let repeat = async || {
        for _ in 0..5 {
            broker.publish(&stack.prefix, &hint(&ids)).await;
            broker.publish(&stack.prefix, &hint(&[unknown[0], ids[0], ids[0], ids[39]])).await;
        }
        broker.publish(&stack.prefix, &hint(&unknown)).await;
    };
    // What was taken and returned comes as redelivered.
    assert!(!broker.take_and_return(&queue).await.is_empty());
    repeat().await;
    let worker = stack.worker().await;
    accepted.push(flows(&stack, "behind the first").await);
    stack.all_rest(PATIENCE).await;
    let redelivered = "SELECT count(*) FROM payments WHERE redeliveries > 0";
    assert_eq!(stack.database.number(redelivered).await, 40, "redelivered payments");

    // Now they are at their ends.
    repeat().await;
    accepted.push(flows(&stack, "behind the second").await);
    worker.process.terminate(PATIENCE).await;
    for name in [&queue, &dead] {
        let left = broker.take(name).await;
        assert!(left.is_empty(), "left in {name}: {left:?}");
    }
    assert_invariants(&stack, &accepted).await;
    for payment in &accepted {
        let (asked, _) = stack.asked(payment.id).await;
        assert_eq!(asked, 1, "{payment:?} was asked for {asked} times");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_in_the_providers_hands_is_not_parked_for_its_redelivered_hints() {
    let Some((servers, broker)) = Management::servers().await else { return };
    // Each hint is handled alone, while the provider thinks about the first.
    let variables = [NO_SWEEPER, ("WORKER_BATCH", "1"), ("ACQUIRER_LATENCY_MS", "900")];
    let stack = Stack::start(&servers, &variables).await;
    let mut accepted = Load::start(&stack.client, 1, 1, |_| 250).finish().await.accepted;
    for _ in 0..9 {
        broker.publish(&stack.prefix, &hint(&[accepted[0].id])).await;
    }
    assert_eq!(broker.take_and_return(&stack.processing()).await.len(), 10);
    let worker = stack.worker().await;
    accepted.push(flows(&stack, "behind the hints").await);
    worker.process.terminate(PATIENCE).await;
    let letters = broker.take(&stack.dead()).await;
    assert!(letters.is_empty(), "dead letters: {letters:?}");
    assert_invariants(&stack, &accepted).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_set_aside_with_its_reason_and_its_neighbours_settle() {
    let Some((servers, broker)) = Management::servers().await else { return };
    let mut stack = Stack::start(&servers, &[NO_SWEEPER, ("WORKER_BATCH", "500")]).await;
    let mut accepted = Load::start(&stack.client, 4, 52, |_| 300).finish().await.accepted;
    let (unreadable, unsupported) = (accepted[10].id, accepted[30].id);
    let broken = [
        format!("UPDATE payments SET currency = 'ZZZ' WHERE id = '{unreadable}'"),
        format!("UPDATE payments SET kind = 'payout' WHERE id = '{unsupported}'"),
    ];
    for sql in &broken {
        assert_eq!(stack.database.execute(sql).await, 1);
    }
    // One message names all 52, beside the hints of the API; two name nothing.
    broker.publish(&stack.prefix, &hint(&ids_of(&accepted))).await;
    let unparsable = ["not a hint", "{\"payment_ids\":[\"17\"]}"];
    for body in unparsable {
        broker.publish(&stack.prefix, body).await;
    }
    let worker = stack.worker().await;
    accepted.push(flows(&stack, "behind the poison").await);
    stack.all_rest(PATIENCE).await;
    assert_eq!(stack.count("SUCCESS").await, 51);
    worker.process.terminate(PATIENCE).await;

    let left = broker.take(&stack.processing()).await;
    assert!(left.is_empty(), "left in the queue: {left:?}");
    let mut letters: Vec<(String, String)> = broker
        .take(&stack.dead())
        .await
        .iter()
        .map(|letter| (letter.body.clone(), letter.header("x-reason").to_owned()))
        .collect();
    letters.sort();
    letters.dedup();
    let reason_of = |body: &str| {
        let of_body: Vec<_> = letters.iter().filter(|letter| letter.0 == body).collect();
        assert_eq!(of_body.len(), 1, "{body} in {letters:?}");
        of_body[0].1.clone()
    };
    assert_eq!(letters.len(), 4, "{letters:?}");
    assert!(unparsable.iter().all(|body| !reason_of(body).is_empty()), "{letters:?}");
    let parked = "SELECT parked_reason FROM payments WHERE parked_at IS NOT NULL ORDER BY id";
    let parked = stack.database.query(parked, &[]).await;
    assert_eq!(parked.len(), 2, "parked");
    for (id, expected) in [(unreadable, "unknown currency"), (unsupported, "unsupported-kind")] {
        let reason = reason_of(&hint(&[id]));
        assert!(reason.contains(expected), "{reason}");
        let kept = parked.iter().any(|row| row.get::<_, String>(0) == reason);
        assert!(kept, "{reason} is not the row's");
    }

    // Repaired and taken back, they settle like any other.
    let repair = "UPDATE payments SET currency = 'USD', kind = 'charge' \
         WHERE parked_at IS NOT NULL";
    assert_eq!(stack.database.execute(repair).await, 2);
    let store = PostgresStore::new(PostgresConfig::new(stack.database.url())).unwrap();
    for id in [unreadable, unsupported] {
        assert_eq!(store.unpark(PaymentId(id)).await, Ok(true));
    }
    stack.start_worker().await;
    assert_invariants(&stack, &accepted).await;
    assert_eq!(stack.count("SUCCESS").await, 53);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_whose_hints_were_lost_are_found_by_the_sweeper() {
    let Some((servers, broker)) = Management::servers().await else { return };
    let mut stack = Stack::start(&servers, &[("SWEEP_AFTER", "500ms")]).await;
    let accepted = Load::start(&stack.client, 8, 60, |n| 400 + n % 3).finish().await.accepted;
    let lost = broker.take(&stack.processing()).await;
    let named: BTreeSet<Uuid> = lost.iter().flat_map(crate::management::Message::ids).collect();
    assert_eq!(named, ids_of(&accepted).into_iter().collect(), "every payment had its hint");
    for message in &lost {
        let properties = &message.properties;
        assert_eq!(properties["delivery_mode"], 2, "{message:?}");
        assert_eq!(properties["content_type"], "application/json", "{message:?}");
        assert!(properties["message_id"].as_str().is_some_and(|id| !id.is_empty()), "{message:?}");
        assert!(properties["timestamp"].as_u64().is_some(), "{message:?}");
        assert!(!message.header("traceparent").is_empty(), "{message:?}");
        assert!(!message.redelivered && message.ids().len() <= 20, "{message:?}");
    }
    stack.start_worker().await;
    stack.start_worker().await;
    assert_invariants(&stack, &accepted).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_topology_is_as_documented_and_every_worker_consumes() {
    let Some((servers, broker)) = Management::servers().await else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    let (queue, dead) = (stack.processing(), stack.dead());
    for _ in 0..3 {
        stack.start_worker().await;
    }
    let consumers = async |expected: u64| {
        until(&format!("{expected} consumers"), PATIENCE, async || {
            let about = broker.about("queues", &queue).await;
            (about["consumers"].as_u64() == Some(expected)).then_some(())
        })
        .await;
    };
    consumers(3).await;
    stack.workers.remove(0).process.kill();
    consumers(2).await;

    let about = broker.about("queues", &queue).await;
    assert_eq!((&about["type"], &about["durable"]), (&json!("quorum"), &json!(true)));
    let arguments = &about["arguments"];
    assert_eq!(arguments["x-delivery-limit"], 50, "{arguments}");
    assert_eq!(arguments["x-dead-letter-exchange"], format!("{}payments.dead", stack.prefix));
    let about = broker.about("queues", &dead).await;
    assert_eq!((&about["type"], &about["durable"]), (&json!("quorum"), &json!(true)));
    for (exchange, kind) in [("payments", "direct"), ("payments.dead", "direct")] {
        let about = broker.about("exchanges", &format!("{}{exchange}", stack.prefix)).await;
        assert_eq!((&about["type"], &about["durable"]), (&json!(kind), &json!(true)));
    }
    let bound = async |exchange: &str| {
        let path = format!("{}{exchange}/bindings/source", stack.prefix);
        let bindings = broker.about("exchanges", &path).await;
        let bindings = bindings.as_array().unwrap().clone();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let bound = |it: &serde_json::Value| (text(&it["routing_key"]), text(&it["destination"]));
        bindings.iter().map(bound).collect::<Vec<_>>()
    };
    assert_eq!(bound("payments").await, [("payment.created".to_owned(), queue)]);
    let dead_letters = bound("payments.dead").await;
    assert!(matches!(dead_letters.as_slice(), [(_, queue)] if *queue == dead), "{dead_letters:?}");
    // One queue per API process hears outcomes, bounded, and gone with it.
    let listeners = bound("payments.events").await;
    assert_eq!(listeners.len(), 1, "{listeners:?}");
    let about = broker.about("queues", &listeners[0].1).await;
    assert_eq!(about["exclusive"], true, "{about}");
    assert!(about["arguments"]["x-max-length"].as_u64().is_some(), "{about}");
    assert_eq!(about["arguments"]["x-overflow"], "drop-head", "{about}");
    stack.stop().await;
}
