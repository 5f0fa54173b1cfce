//! A broker and a database that go away under load and come back.

use crate::invariants::assert_invariants;
use crate::load::Load;
use crate::management::Management;
use crate::mix::Mix;
use crate::stack::{Servers, Stack};
use paygate_test_servers::{Postgres, RabbitMq};
use tokio::task::block_in_place;

/// Some are declined.
fn mixed(number: i64) -> i64 {
    8_000 + number % 2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn payments_are_accepted_without_a_broker_and_settle_when_it_is_back() {
    let Some(shared) = Servers::shared() else { return };
    let mut broker = block_in_place(RabbitMq::start).unwrap();
    let servers = Servers { rabbitmq: broker.url(), ..shared };
    let mut stack = Stack::start(&servers, &[]).await;
    stack.start_worker().await;
    stack.start_worker().await;
    let mix = Mix::start(&stack.client, 3).await;
    mix.accepts(60).await;

    for die in [RabbitMq::stop, RabbitMq::kill] {
        block_in_place(|| die(&mut broker)).unwrap();
        stack.is_ready("degraded").await;
        assert_eq!(stack.client.get("/health/live").await.status, 200);
        let components = stack.client.get("/health/ready").await.json()["components"].clone();
        assert_eq!(components["store"]["status"], "up", "{components}");
        assert_eq!(components["broker"]["status"], "down", "{components}");
        mix.accepts(60).await;
        let waiting = stack.count("PENDING").await;
        assert!(waiting >= 60, "{waiting} payments wait for the broker");

        block_in_place(|| broker.start_again()).unwrap();
        stack.is_ready("ok").await;
        mix.accepts(30).await;
    }
    let books = mix.stop().await;
    assert!(books.refused.is_empty() && books.unanswered == 0, "{:?}", books.refused);
    books.assert_kept_by(&stack).await;
    assert!(stack.workers.iter_mut().all(|worker| worker.process.is_running()));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_database_that_restarts_under_load_costs_refusals_and_no_payment() {
    let Some(shared) = Servers::shared() else { return };
    // Tests kill processes, never the power.
    let mut postgres = block_in_place(|| Postgres::start_with(&[("fsync", "off")])).unwrap();
    let servers = Servers { postgres: postgres.url(), ..shared };
    let mut stack = Stack::start(&servers, &[]).await;
    stack.start_worker().await;
    stack.start_worker().await;
    let mix = Mix::start(&stack.client, 4).await;

    for die in [Postgres::stop, Postgres::kill] {
        mix.accepts(60).await;
        block_in_place(|| die(&mut postgres)).unwrap();
        stack.is_ready("down").await;
        assert_eq!(stack.client.get("/health/live").await.status, 200);
        let components = stack.client.get("/health/ready").await.json()["components"].clone();
        assert_eq!(components["store"]["status"], "down", "{components}");
        assert_eq!(components["broker"]["status"], "up", "{components}");
        mix.refuses(20).await;

        block_in_place(|| postgres.start_again()).unwrap();
        stack.is_ready("ok").await;
    }
    mix.accepts(60).await;
    let books = mix.stop().await;
    assert_eq!(books.unanswered, 0);
    for answer in &books.refused {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
        assert_eq!(answer.text("code"), "store-unavailable", "{answer:?}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{answer:?}");
    }
    assert!(stack.workers.iter_mut().all(|worker| worker.process.is_running()));
    // Those that were refused and are there all the same settle, too.
    books.assert_kept_by(&stack).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_holds_while_the_database_is_away_is_not_lost_when_it_is_killed() {
    let Some((shared, broker)) = Management::servers().await else { return };
    let mut postgres = block_in_place(|| Postgres::start_with(&[("fsync", "off")])).unwrap();
    let servers = Servers { postgres: postgres.url(), ..shared };
    // Without a sweeper nothing but the messages themselves tells of the payments.
    let mut stack = Stack::start(&servers, &[("SWEEP_AFTER", "1h")]).await;
    let accepted = Load::start(&stack.client, 4, 20, mixed).finish().await.accepted;
    let hints = broker.take(&stack.processing()).await;
    let worker = stack.worker().await;
    block_in_place(|| postgres.stop()).unwrap();
    for message in &hints {
        broker.publish(&stack.prefix, &message.body).await;
    }
    worker.has_taken(1).await;
    worker.process.kill();

    block_in_place(|| postgres.start_again()).unwrap();
    stack.start_worker().await;
    assert_invariants(&stack, &accepted).await;
    let redelivered = "SELECT count(*) FROM payments WHERE redeliveries > 0";
    assert!(stack.database.number(redelivered).await > 0, "nothing was redelivered");
    stack.stop().await;
}
