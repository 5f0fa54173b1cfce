//! Clients that ask for the same money, or for the same thing, at the same time.

use crate::client::{Answer, Client};
use crate::shape::{Shape, in_both_shapes};
use crate::wait::{PATIENCE, until};
use crate::wallets::{Wallet, decimal, free, hold, order, unique};
use std::collections::BTreeSet;
use tokio::task::LocalSet;
use uuid::Uuid;

in_both_shapes! {
    one_key_posted_fifty_times_settles_once,
    funds_for_ten_pay_for_ten,
    twins_are_answered_alike,
    opposing_transfers_all_settle_and_conserve_the_money,
    a_ring_passes_its_money_on,
    concurrent_refunds_never_exceed_what_was_paid,
    concurrent_refunds_of_odd_parts_leave_no_residue,
    what_is_held_is_not_spent_in_a_race,
    a_hold_is_captured_or_voided_in_a_race,
}

/// Runs all side by side, and answers what they came to, in order.
async fn together<T: 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + 'static>,
) -> Vec<T> {
    let here = LocalSet::new();
    let running: Vec<_> = work.into_iter().map(|one| here.spawn_local(one)).collect();
    let mut results = Vec::new();
    here.run_until(async {
        for one in running {
            results.push(one.await.unwrap());
        }
    })
    .await;
    results
}

/// The answers to each of these transfers, asked for side by side under keys of their own.
async fn transferred(client: &Client, bodies: Vec<serde_json::Value>) -> Vec<Answer> {
    let ask = |body| {
        let client = client.clone();
        async move { client.transfer(&body).await }
    };
    together(bodies.into_iter().map(ask)).await
}

/// How many were settled. Every other one was refused, or has failed, for that reason.
fn successes(answers: &[Answer], otherwise: &str) -> usize {
    let mut successes = 0;
    for answer in answers {
        match (answer.status, &*answer.reason()) {
            (201, "") => {
                assert_eq!(answer.text("status"), "SUCCESS", "{answer:?}");
                successes += 1;
            }
            (201 | 422, reason) if reason == otherwise => {}
            _ => panic!("{answer:?}"),
        }
    }
    successes
}

async fn one_key_posted_fifty_times_settles_once(client: &Client) {
    one_key_settles_once(std::slice::from_ref(client)).await;
}

/// Posts one request fifty times, in turn to each of these.
async fn one_key_settles_once(apis: &[Client]) {
    let client = &apis[0];
    let from = client.wallet("IDR", 10_000_000).await;
    let to = client.wallet("IDR", 0).await;
    let (body, key) = (order(&from, &to, 200_000), unique("key"));
    let answers = together(apis.iter().cycle().take(50).map(|api| {
        let (api, body, key) = (api.clone(), body.clone(), key.clone());
        async move { api.ask("/api/v1/transfers", &key, &body).await }
    }))
    .await;
    assert_eq!(successes(&answers, "-"), 50);
    let ids: BTreeSet<Uuid> = answers.iter().map(Answer::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    let balances = (client.balance(&from).await, client.balance(&to).await);
    assert_eq!(balances, (free(9_800_000), free(200_000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_posted_to_two_apis_settles_once() {
    let Some(Shape::Production(mut stack)) = Shape::production(&[]).await else { return };
    let first = stack.client.clone();
    let process = stack.replace_api().await;
    stack.is_ready("ok").await;
    for _ in 0..3 {
        one_key_settles_once(&[first.clone(), stack.client.clone()]).await;
    }
    process.terminate(PATIENCE).await;
    Shape::Production(stack).close().await;
}

async fn funds_for_ten_pay_for_ten(client: &Client) {
    let from = client.wallet("IDR", 2_000_000).await;
    let to = client.wallet("IDR", 0).await;
    let answers = transferred(client, vec![order(&from, &to, 200_000); 50]).await;
    assert_eq!(successes(&answers, "insufficient-funds"), 10);
    let balances = (client.balance(&from).await, client.balance(&to).await);
    assert_eq!(balances, (free(0), free(2_000_000)));
    assert_eq!(client.lowest(&from).await, 0);
}

async fn twins_are_answered_alike(client: &Client) {
    let to = client.wallet("IDR", 0).await;
    let round = |number: u32| {
        let (client, to) = (client.clone(), to.clone());
        async move {
            let from = client.wallet("IDR", 200_000).await;
            let (body, key) = (order(&from, &to, 200_000), unique("key"));
            // Three at once, of which every other round waits for the outcome; and one when the
            // first is answered, which may be before or after the money has left.
            let ask = |_| {
                let (client, body, key) = (client.clone(), body.clone(), key.clone());
                async move {
                    let request = client.keyed("/api/v1/transfers", &key, &body);
                    let wait = if number.is_multiple_of(2) { "wait=10" } else { "wait=0" };
                    client.send(request.header("prefer", wait)).await.unwrap()
                }
            };
            let mut answers = together((0..3).map(ask)).await;
            answers.push(ask(0).await);
            let ids: BTreeSet<Uuid> = answers.iter().map(Answer::id).collect();
            assert_eq!(ids.len(), 1, "{answers:?}");
            assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
            client.ask("/api/v1/transfers", &key, &body).await
        }
    };
    let mut last = Vec::new();
    for rounds in 0..10 {
        last.extend(together((rounds * 4..rounds * 4 + 4).map(round)).await);
    }
    assert_eq!(successes(&last, "-"), 40);
    assert_eq!(client.balance(&to).await, free(40 * 200_000));
}

async fn opposing_transfers_all_settle_and_conserve_the_money(client: &Client) {
    let a = client.wallet("IDR", 100_000_000).await;
    let b = client.wallet("IDR", 100_000_000).await;
    let amount = |number: i64| 100_000 + number * 37;
    let bodies = (0..200).map(|number| match number % 2 {
        0 => order(&a, &b, amount(number)),
        _ => order(&b, &a, amount(number)),
    });
    let answers = transferred(client, bodies.collect()).await;
    assert_eq!(successes(&answers, "-"), 200);
    // Each odd one gives back 37 more than the even one before it took.
    let gain = 100 * 37;
    let balances = (client.balance(&a).await, client.balance(&b).await);
    assert_eq!(balances, (free(100_000_000 + gain), free(100_000_000 - gain)));
}

async fn a_ring_passes_its_money_on(client: &Client) {
    const COIN: i64 = 100_000;
    const TURNS: usize = 3;
    let mut ring: Vec<Wallet> = Vec::new();
    for _ in 0..20 {
        ring.push(client.wallet("IDR", COIN).await);
    }
    let passing = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(from, to)| {
        let (client, body) = (client.clone(), order(from, to, COIN));
        async move {
            for _ in 0..TURNS {
                until("the coin was passed on", PATIENCE, async || {
                    let answer = client.transfer(&body).await;
                    (successes(&[answer], "insufficient-funds") == 1).then_some(())
                })
                .await;
            }
        }
    });
    together(passing.collect::<Vec<_>>()).await;
    for wallet in &ring {
        assert_eq!(client.balance(wallet).await, free(COIN));
    }
}

async fn concurrent_refunds_never_exceed_what_was_paid(client: &Client) {
    let from = client.wallet("IDR", 3_000_000).await;
    // Both who are paid are rich enough to give back more.
    let to = client.wallet("IDR", 30_000_000).await;
    let other = client.order(30_000_000, "not refunded").header("prefer", "wait=10");
    assert_eq!(client.send(other).await.unwrap().text("status"), "SUCCESS");
    let transfer = client.moved(&order(&from, &to, 3_000_000)).await.id();
    let charge = client.order(3_000_000, "refunded").header("prefer", "wait=10");
    let charge = client.send(charge).await.unwrap();
    assert_eq!(charge.text("status"), "SUCCESS", "{charge:?}");
    for (id, currency) in [(transfer, "IDR"), (charge.id(), "USD")] {
        let refund = |minor| {
            let (client, amount) = (client.clone(), decimal(minor, currency));
            async move { client.refund(id, Some(&amount)).await }
        };
        let answers = together((0..10).map(|_| refund(2_000_000))).await;
        assert_eq!(successes(&answers, "refund-exceeds-remainder"), 1, "{currency}");
        assert_eq!(client.status(id).await, "SUCCESS");
        let rest = refund(1_000_000).await;
        assert_eq!(successes(&[rest], "-"), 1);
        assert_eq!(client.status(id).await, "REVERSED");
    }
    let balances = (client.balance(&from).await, client.balance(&to).await);
    assert_eq!(balances, (free(3_000_000), free(30_000_000)));
    assert_eq!(client.total("merchants", "USD").await, 30_000_000);
}

async fn concurrent_refunds_of_odd_parts_leave_no_residue(client: &Client) {
    let from = client.wallet("USD", 10_007).await;
    // Rich enough for what seems to be the share of a refund that another one overtakes.
    let to = client.wallet("JPY", 1_000).await;
    let transfer = client.moved(&order(&from, &to, 10_007)).await.id();
    let charge = client.order(10_007, "in odd parts").header("prefer", "wait=10");
    let charge = client.send(charge).await.unwrap().id();
    // Whatever comes first takes what is its share then.
    let parts = [7, 1_113, 2_219, 3_331, 13, 97, 1_229, 1_998];
    assert_eq!(parts.iter().sum::<i64>(), 10_007);
    for id in [transfer, charge] {
        let refund = |minor: i64| {
            let (client, amount) = (client.clone(), decimal(minor, "USD"));
            async move { client.refund(id, Some(&amount)).await }
        };
        let answers = together(parts.map(refund)).await;
        assert_eq!(successes(&answers, "-"), parts.len());
        assert_eq!(client.status(id).await, "REVERSED");
    }
    assert_eq!(
        (client.balance(&from).await, client.balance(&to).await),
        (free(10_007), free(1_000))
    );
    for (account, currency) in
        [("fx_liquidity", "USD"), ("fx_liquidity", "JPY"), ("merchants", "USD")]
    {
        assert_eq!(client.total(account, currency).await, 0, "{account} in {currency}");
    }
}

async fn what_is_held_is_not_spent_in_a_race(client: &Client) {
    let to = client.wallet("IDR", 0).await;
    let mut spent = 0;
    for _ in 0..5 {
        let from = client.wallet("IDR", 300_000).await;
        let bodies = (0..8).map(|number| match number % 2 {
            0 => hold(&from, &to, 200_000),
            _ => order(&from, &to, 200_000),
        });
        let answers = transferred(client, bodies.collect()).await;
        let won: Vec<&Answer> =
            answers.iter().filter(|answer| answer.reason().is_empty()).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let balance = client.balance(&from).await;
        match &*won[0].text("status") {
            "AUTHORIZED" => {
                assert_eq!((balance.posted, balance.held), (300_000, 200_000));
                assert_eq!(client.capture(won[0].id(), None).await.status, 200);
            }
            status => assert_eq!(status, "SUCCESS"),
        }
        assert_eq!(client.balance(&from).await, free(100_000));
        spent += 200_000;
    }
    assert_eq!(client.balance(&to).await, free(spent));
}

async fn a_hold_is_captured_or_voided_in_a_race(client: &Client) {
    for _ in 0..5 {
        let from = client.wallet("IDR", 300_000).await;
        let to = client.wallet("IDR", 0).await;
        let id = client.held(&from, &to, 200_000).await;
        let answers = together((0..10).map(|number| {
            let client = client.clone();
            async move {
                let captures = number % 2 == 0;
                let answer = match captures {
                    true => client.capture(id, None).await,
                    false => client.void(id).await,
                };
                (captures, answer)
            }
        }))
        .await;
        let captured = client.status(id).await == "SUCCESS";
        for (captures, answer) in &answers {
            let expected = if *captures == captured { 200 } else { 409 };
            assert_eq!(answer.status, expected, "capture: {captures}: {answer:?}");
        }
        let moved = if captured { 200_000 } else { 0 };
        let balances = (client.balance(&from).await, client.balance(&to).await);
        assert_eq!(balances, (free(300_000 - moved), free(moved)));
    }
}
