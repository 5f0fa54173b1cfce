//! The topology as the broker's management API shows it.

use crate::support::{config, connected};
use paygate_test_servers::RabbitMq;
use paygate_testkit::queue::helpers::until;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use tokio::task::block_in_place;

/// Asks the management API; `guest:guest` in base64.
fn ask(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!(
        "GET /api/{path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.lines().next()?.contains(" 200 ").then(|| serde_json::from_str(body).ok())?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_topology_is_declared_as_documented() {
    if paygate_testkit::servers::rabbitmq_url().is_none() {
        return;
    }
    let server = block_in_place(RabbitMq::start).unwrap();
    let config = config(&server.url());
    let broker = connected(&config).await;
    // A second process, and one that listens, find everything as it should be.
    let outcomes = connected(&config).await.listen();
    outcomes.ready().await.unwrap();
    let port = server.management_port();
    let prefix = &config.prefix;
    let asked = async |path: &str| {
        let mut found = None;
        until(path, async || {
            found = block_in_place(|| ask(port, path));
            found.is_some()
        })
        .await;
        found.unwrap()
    };
    let queue = asked(&format!("queues/%2F/{prefix}payment_processing")).await;
    assert_eq!(queue["durable"], true);
    assert_eq!(
        queue["arguments"],
        json!({
            "x-queue-type": "quorum",
            "x-delivery-limit": 50,
            "x-dead-letter-exchange": format!("{prefix}payments.dead"),
            "x-dead-letter-routing-key": "payment.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        })
    );
    let dead = asked(&format!("queues/%2F/{prefix}payment_processing.dead")).await;
    assert_eq!(dead["durable"], true);
    assert_eq!(dead["arguments"], json!({ "x-queue-type": "quorum" }));
    for (exchange, kind, bindings) in [
        ("payments", "direct", json!([[format!("{prefix}payment_processing"), "payment.created"]])),
        (
            "payments.dead",
            "direct",
            json!([[format!("{prefix}payment_processing.dead"), "payment.dead"]]),
        ),
    ] {
        let shown = asked(&format!("exchanges/%2F/{prefix}{exchange}")).await;
        assert_eq!((&shown["type"], &shown["durable"]), (&json!(kind), &json!(true)));
        let bound = asked(&format!("exchanges/%2F/{prefix}{exchange}/bindings/source")).await;
        let bound = bound.as_array().unwrap().iter();
        let bound: Vec<_> =
            bound.map(|one| json!([one["destination"], one["routing_key"]])).collect();
        assert_eq!(json!(bound), bindings);
    }
    let shown = asked(&format!("exchanges/%2F/{prefix}payments.events")).await;
    assert_eq!((&shown["type"], &shown["durable"]), (&json!("fanout"), &json!(true)));
    let bound = asked(&format!("exchanges/%2F/{prefix}payments.events/bindings/source")).await;
    let events = bound[0]["destination"].as_str().unwrap();
    assert!(events.starts_with(&format!("{prefix}payments.events.")), "{events}");
    let events = asked(&format!("queues/%2F/{events}")).await;
    assert_eq!((&events["exclusive"], &events["auto_delete"]), (&json!(true), &json!(true)));
    assert_eq!(
        events["arguments"],
        json!({
            "x-max-length": 10_000, "x-max-length-bytes": 67_108_864, "x-overflow": "drop-head",
        })
    );
    broker.close().await;
}
