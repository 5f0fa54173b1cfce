//! What an operator sets is what happens.

use crate::client::Client;
use crate::house::House;
use crate::load::Load;
use crate::process::{Program, run};
use crate::stack::total;
use crate::wait::{PATIENCE, until};
use crate::wallets::order;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Returns when so much time is over.
async fn pass(time: Duration) {
    let began = Instant::now();
    until("the time is over", PATIENCE, async || (began.elapsed() > time).then_some(())).await;
}

#[tokio::test]
async fn rates_spread_quotes_and_limits_are_as_they_were_set() {
    let house = House::impatient(&[
        ("FX_RATES", "USD/IDR=16000"),
        ("FX_SPREAD_BPS", "100"),
        ("FX_QUOTE_VALID", "1s"),
        ("RISK_MIN_IDR", "2000"),
        ("RISK_MAX_IDR", "3000"),
    ]);
    let (paygate, client) = house.open().await;
    let converted = client.get("/api/v1/fx/convert?from=USD&to=IDR&amount=1").await;
    assert!(converted.body.contains("\"amount\":15840.00"), "{converted:?}");
    let unknown = client.get("/api/v1/fx/convert?from=USD&to=JPY&amount=1").await;
    assert_eq!((unknown.status, &*unknown.reason()), (422, "fx-not-quoted"), "{unknown:?}");

    let (from, to) = (client.wallet("IDR", 1_000_000).await, client.wallet("IDR", 0).await);
    for (minor, expected) in
        [(199_999, "risk-below-min"), (200_000, ""), (300_000, ""), (300_001, "risk-above-max")]
    {
        let answer = client.transfer(&order(&from, &to, minor)).await;
        assert_eq!(answer.reason(), expected, "{minor}: {answer:?}");
    }

    let dollars = client.wallet("USD", 1_000).await;
    let with_quote = async |client: &Client, wait: Duration| {
        let quote = client.post("/api/v1/fx/quotes", &json!({"base": "USD", "quote": "IDR"})).await;
        assert_eq!(quote.status, 201, "{quote:?}");
        pass(wait).await;
        let mut body = order(&dollars, &to, 15);
        body["quote_id"] = json!(quote.text("id"));
        client.transfer(&body).await.reason()
    };
    assert_eq!(with_quote(&client, Duration::ZERO).await, "");
    assert_eq!(with_quote(&client, Duration::from_millis(1_100)).await, "quote-expired");
    paygate.terminate(PATIENCE).await;
    house.proves().await;
}

#[tokio::test]
async fn the_worker_proves_what_is_new_and_raises_the_alarm() {
    let house = House::impatient(&[("RECONCILIATION_INTERVAL", "200ms")]);
    let (paygate, client) = house.open().await;
    let (from, to) = (client.wallet("IDR", 1_000_000).await, client.wallet("IDR", 0).await);
    client.moved(&order(&from, &to, 100_000)).await;
    let metric = async |name: &str| {
        let metrics = client.get("/metrics").await.body;
        metrics.lines().any(|line| line.starts_with(name)).then_some(())
    };
    let proved = "paygate_ledger_proved_entries_total ";
    until("entries are proved", PATIENCE, async || metric(proved).await).await;
    let alarm = "paygate_ledger_imbalance_total{";
    assert_eq!(metric(alarm).await, None, "it holds so far");

    let more = format!(
        "UPDATE accounts SET posted_minor = posted_minor + 1 WHERE alias = '{}'",
        from.alias
    );
    house.store().run_raw(more).await.unwrap();
    client.moved(&order(&from, &to, 100_000)).await;
    let of_it =
        "paygate_ledger_imbalance_total{currency=\"IDR\",check=\"posting-balance-differs\"}";
    until("the alarm", PATIENCE, async || metric(of_it).await).await;
    assert!(paygate.printed().contains("the ledger does not hold"), "{}", paygate.printed());
    paygate.terminate(PATIENCE).await;
}

#[tokio::test]
async fn what_is_overdue_is_told_by_the_proof() {
    let house = House::impatient(&[("HOLD_EXPIRES_AFTER", "1s")]);
    let (paygate, client) = house.open().await;
    let (from, to) = (client.wallet("IDR", 1_000_000).await, client.wallet("IDR", 0).await);
    let id = client.held(&from, &to, 100_000).await;
    // Nobody is there to give it back.
    paygate.kill();
    pass(Duration::from_millis(1_200)).await;
    house.proves().await;
    let mut strict = house.environment.clone();
    strict.insert("OVERDUE_AFTER", "1ms".to_owned());
    let proof = run(Program::Paygate, &["prove"], &strict, house.folder.path()).await;
    assert_eq!(proof.code, Some(1), "{proof:?}");
    assert!(
        proof.stdout.contains(&id.to_string()) && proof.stdout.contains("overdue"),
        "{proof:?}"
    );
}

#[tokio::test]
async fn what_the_operator_makes_is_the_house_merchants() {
    let mut house = House::impatient(&[]);
    // A reference is unique among those of one owner.
    for (merchant, expected) in [("one", 201), ("two", 201), ("one", 409)] {
        house.environment.insert("HOUSE_MERCHANT", merchant.to_owned());
        let (paygate, client) = house.open().await;
        let answer = client.send(client.order(1_000, "ORDER-1")).await.unwrap();
        assert_eq!(answer.status, expected, "{merchant}: {answer:?}");
        client.all_rest(PATIENCE).await;
        paygate.terminate(PATIENCE).await;
    }
    house.proves().await;
}

#[tokio::test]
async fn a_batch_of_one_stores_each_payment_by_a_call_of_its_own() {
    let house = House::new(&[("ACCEPT_BATCH", "1")]);
    let (paygate, client) = house.open().await;
    let accepted = Load::start(&client, 8, 40, |_| 300).finish().await.accepted;
    let metrics = client.get("/metrics").await.body;
    let of = |part| total(&metrics, &format!("paygate_accept_batch_size_{part}"));
    assert_eq!((accepted.len(), of("sum"), of("count")), (40, 40, 40), "{metrics}");
    paygate.terminate(PATIENCE).await;
}
