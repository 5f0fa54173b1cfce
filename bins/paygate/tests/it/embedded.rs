//! `paygate` alone: one process, a file, no servers.

use crate::acquirer::{effects_in, taken};
use crate::client::{Client, expected_status};
use crate::house::House;
use crate::load::{Accepted, Answers, Load, WITHOUT_END};
use crate::process::{Environment, Program, run};
use crate::wait::{PATIENCE, SWEEPERS_PATIENCE, until};
use std::time::Duration;

/// Waits until all of them are where their amounts lead.
async fn all_settle(client: &Client, accepted: &[Accepted]) {
    for payment in accepted {
        let expected = expected_status(payment.minor);
        until(&format!("{payment:?} is {expected}"), SWEEPERS_PATIENCE, async || {
            (client.status(payment.id).await == expected).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_seeds_examples_work_with_nothing_configured() {
    let house = House::new(&[]);
    let (mut paygate, client) = house.open().await;

    let order = client.order(10_050, "REF-001");
    let created = client.send(order).await.unwrap();
    assert_eq!(created.status, 201, "{created:?}");
    assert!(created.body.contains("\"amount\":100.50,"), "{created:?}");
    assert_eq!(created.text("status"), "PENDING");
    assert_eq!(created.text("currency"), "USD");
    assert_eq!(created.header("location"), format!("/api/v1/payments/{}", created.id()));

    let settled = until("it is SUCCESS", Duration::from_secs(10), async || {
        let payment = client.payment(created.id()).await;
        (payment.text("status") == "SUCCESS").then_some(payment)
    })
    .await;
    assert!(settled.body.contains("\"amount\":100.50,"), "{settled:?}");

    for path in ["/health", "/healthz"] {
        let health = client.get(path).await;
        assert_eq!((health.status, health.body.as_str()), (200, "{\"status\":\"ok\"}"));
    }
    assert_eq!(client.get("/health/ready").await.text("status"), "ok");
    assert!(paygate.is_running());
    paygate.terminate(PATIENCE).await;
    let id = created.id();
    let accepted = [Accepted { id, minor: 10_050, reference: "REF-001".to_owned() }];
    house.assert_invariants(&accepted).await;
}

#[tokio::test]
async fn the_curl_line_that_it_prints_works() {
    let house = House::new(&[]);
    let (mut paygate, client) = house.open().await;
    let line = paygate.line("curl -X POST").await;
    // As a person would: paste it into a shell.
    let pasted = tokio::process::Command::new("sh").args(["-c", &line]).output().await.unwrap();
    let answer = if pasted.status.code() == Some(127) {
        println!("no curl here: the line is read instead");
        let (_, body) = line.split_once("-d '").unwrap();
        let url = line.split_whitespace().nth(3).unwrap();
        assert_eq!(url, format!("{}/api/v1/payments", client.base()));
        let request = client.request(reqwest::Method::POST, "/api/v1/payments");
        let body = body.trim_end().trim_end_matches('\'').to_owned();
        let request = request.header("content-type", "application/json").body(body);
        client.send(request).await.unwrap().body
    } else {
        assert!(pasted.status.success(), "{line}\n{pasted:?}");
        String::from_utf8(pasted.stdout).unwrap()
    };
    assert!(answer.contains("\"amount\":100.50,"), "{answer}");
    let listed = client.get("/api/v1/payments?reference=REF-001").await;
    assert_eq!(listed.json()["items"].as_array().map(Vec::len), Some(1), "{listed:?}");
}

/// The provider takes its time, so that there is always something in its hands.
const SLOW: &[(&str, &str)] = &[("ACQUIRER_LATENCY_MS", "50"), ("ACQUIRER_CONCURRENCY", "8")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_being_killed_and_settles_once() {
    let house = House::impatient(SLOW);
    let mut accepted = Vec::new();
    // The second time it also works on what the first has left.
    for _ in 0..2 {
        let (paygate, client) = house.open().await;
        let load = Load::start(&client, 16, WITHOUT_END, |n| 1_000 + n % 3);
        until("many are accepted", PATIENCE, async || (load.accepted() > 150).then_some(())).await;
        paygate.kill();
        let answers = load.stop().await;
        assert!(answers.refused.is_empty(), "{:?}", answers.refused);
        accepted.extend(answers.accepted);
    }
    let asked: usize = effects_in(&house.journal()).values().filter(|it| taken(it) > 0).count();
    let (paygate, client) = house.open().await;
    let unsettled = unsettled(&client).await;
    assert!(unsettled > 0, "nothing was in flight when it was killed; {asked} were asked for");

    all_settle(&client, &accepted).await;
    paygate.terminate(PATIENCE).await;
    house.assert_invariants(&accepted).await;
    let effects = effects_in(&house.journal());
    let repeated = effects.values().filter(|it| it.iter().any(|effect| effect == "replayed"));
    assert!(repeated.count() > 0, "no call was in flight when it was killed");
}

async fn unsettled(client: &Client) -> usize {
    let count = async |status| {
        let page = client.get(&format!("/api/v1/payments?status={status}&limit=100")).await;
        page.json()["items"].as_array().map_or(0, Vec::len)
    };
    count("PENDING").await + count("PROCESSING").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_under_load_it_finishes_in_time_and_loses_nothing() {
    let house = House::impatient(SLOW);
    let (paygate, client) = house.open().await;
    let load = Load::start(&client, 16, WITHOUT_END, |n| 1_000 + n % 3);
    until("many are accepted", PATIENCE, async || (load.accepted() > 150).then_some(())).await;
    paygate.terminate(Duration::from_secs(11)).await;
    let Answers { accepted, refused, .. } = load.stop().await;
    assert!(refused.is_empty(), "{refused:?}");

    let effects = effects_in(&house.journal());
    let (paygate, client) = house.open().await;
    all_settle(&client, &accepted).await;
    paygate.terminate(PATIENCE).await;
    house.assert_invariants(&accepted).await;
    // What was in hand was finished: nothing had to be asked again.
    let again = effects_in(&house.journal());
    for (key, before) in effects {
        assert_eq!(again.get(&key), Some(&before), "{key} was asked for again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_magic_amount_takes_its_path() {
    let house = House::impatient(&[
        ("ACQUIRER_TIMEOUT", "200ms"),
        ("CLAIM_LEASE", "1s"),
        ("RETRY_BACKOFF", "50ms"),
        ("MAX_ATTEMPTS", "3"),
    ]);
    let (paygate, client) = house.open().await;
    let mut accepted = Vec::new();
    for minor in 700..=705 {
        let reference = format!("magic-{minor}");
        let id = client.create(minor, &reference).await;
        accepted.push(Accepted { id, minor, reference });
    }
    all_settle(&client, &accepted).await;
    let mut failures = Vec::new();
    for payment in &accepted {
        let answer = client.payment(payment.id).await;
        failures.push(answer.json()["failure"]["code"].as_str().unwrap_or("-").to_owned());
        let timeline = client.get(&format!("/api/v1/payments/{}/timeline", payment.id)).await;
        let steps = timeline.json();
        let steps = steps["items"].as_array().unwrap().iter();
        let steps: Vec<_> = steps.map(|step| step["to"].as_str().unwrap().to_owned()).collect();
        assert_eq!(steps, ["PROCESSING", expected_status(payment.minor)], "{payment:?}");
    }
    assert_eq!(failures, ["-", "declined", "payer-insufficient-funds", "-", "-", "-"]);
    paygate.terminate(PATIENCE).await;
    house.assert_invariants(&accepted).await;

    let effects = effects_in(&house.journal());
    let effects: Vec<_> = accepted.iter().map(|payment| effects[&payment.id].clone()).collect();
    let expected: [&[&str]; 6] = [
        &["approved"],
        &["declined:declined"],
        &["declined:insufficient_funds"],
        &["approved"],
        &["failed", "failed", "approved"],
        &["unanswered", "unanswered", "unanswered"],
    ];
    assert_eq!(effects, expected);
}

#[tokio::test]
async fn the_health_command_asks_the_running_process() {
    let house = House::new(&[]);
    let (paygate, client) = house.open().await;
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    let asking = Environment::from([("PORT", port)]);
    let healthy = run(Program::Paygate, &["health"], &asking, house.folder.path()).await;
    assert_eq!(healthy.code, Some(0), "{healthy:?}");
    paygate.terminate(PATIENCE).await;
    let gone = run(Program::Paygate, &["health"], &asking, house.folder.path()).await;
    assert_eq!(gone.code, Some(1), "{gone:?}");
}
