//! What is no request, byte by byte: everyone gets a problem document.

use super::{config, exchange, head, served};
use crate::harness::{EXAMPLE, Harness};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use std::net::SocketAddr;

/// Splits an answer into its status, its headers in lower case, and its body.
fn split(answer: &str) -> (u16, String, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.get(9..12).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body)
}

/// A whole problem document, the last on its connection.
fn check_problem(sent: &str, answer: &str, status: u16, code: &str) {
    let (answered, head, body) = split(answer);
    assert_eq!(answered, status, "{sent}: {answer}");
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    assert_eq!(header("content-type"), Some("application/problem+json"), "{sent}: {answer}");
    assert_eq!(header("content-length"), Some(&*body.len().to_string()), "{sent}: {answer}");
    assert_eq!(header("connection"), Some("close"), "{sent}: {answer}");
    assert_eq!(header("cache-control"), Some("no-store"));
    assert!(header("date").is_some_and(|date| date.ends_with(" gmt")), "{answer}");
    let document: Value = serde_json::from_str(body).unwrap();
    assert_eq!(document["code"], code, "{sent}: {answer}");
    assert_eq!(document["status"], status);
    assert_eq!(document["instance"], "");
    let id = header("x-request-id").expect("an id");
    assert_eq!(document["request_id"], id);
}

async fn check(address: SocketAddr, sent: &[u8], status: u16, code: &str) {
    let answer = exchange(address, &[sent]).await;
    let sent = String::from_utf8_lossy(&sent[..sent.len().min(60)]);
    check_problem(&sent, &answer, status, code);
}

#[actix_web::test]
async fn what_is_no_http_is_answered_with_a_problem() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let two_lengths = head("Content-Length: 2\r\nContent-Length: 3") + "{}";
    let two_codings = head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked");
    let both = head("Transfer-Encoding: chunked\r\nContent-Length: 3") + "0\r\n\r\n";
    for sent in [
        two_lengths.as_bytes(),
        two_codings.as_bytes(),
        both.as_bytes(),
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nNo header: at all\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nName\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
        b"GET /health HTTP/2.0\r\nHost: x\r\n\r\n",
        b"GET /health\r\nHost: x\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        check(address, sent, 400, "bad-request").await;
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_head_that_is_too_long_is_answered_with_a_problem() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let uri = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(66_000));
    check(address, uri.as_bytes(), 400, "bad-request").await;
    let many = "A: b\r\n".repeat(100);
    let many = format!("GET /health HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    check(address, many.as_bytes(), 431, "head-too-large").await;
    // The client is not done sending when it is answered, and hears the answer all the same.
    for length in [140_000, 1_000_000] {
        let long = "a".repeat(length);
        for sent in [
            format!("GET /health HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n"),
            format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        ] {
            check(address, sent.as_bytes(), 431, "head-too-large").await;
        }
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_head_that_does_not_come_is_answered_with_a_problem() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    for sent in [&b""[..], b"POST /api/v1/payments HTTP/1.1\r\nHost: x\r\n"] {
        check(address, sent, 408, "request-timeout").await;
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn what_came_before_is_answered_as_ever() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let payment = head(&format!("Content-Length: {}", EXAMPLE.len())) + EXAMPLE;
    let health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer =
        exchange(address, &[format!("{payment}{health}nonsense\r\n\r\n").as_bytes()]).await;
    let begins: Vec<_> = answer.match_indices("HTTP/1.1 ").map(|(at, _)| at).collect();
    let [0, second, third] = begins[..] else { panic!("three answers: {answer}") };
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(answer[second..third].ends_with("{\"status\":\"ok\"}"), "{answer}");
    check_problem("nonsense", &answer[third..], 400, "bad-request");
    server.stop(false).await;
}

#[test]
fn what_is_no_request_is_counted_too() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // For the whole process: the server has threads of its own.
    metrics::set_global_recorder(recorder).unwrap();
    let server = async {
        let harness = Harness::new().await;
        let (server, address) = served(&harness, &config()).await;
        check(address, b"nonsense\r\n\r\n", 400, "bad-request").await;
        server.stop(false).await;
    };
    actix_web::rt::System::new().block_on(server);
    let line = r#"paygate_http_requests_total{method="other",route="no-request",status="400"} "#;
    let text = handle.render();
    assert!(text.contains(line), "{line} in\n{text}");
}
