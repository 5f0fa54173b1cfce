//! The server as others see it: routes, refusals, and that it can always be stopped.

use crate::support::{Server, client, key, request};
use paygate_acquirer::{SimulatedAcquirer, SimulatorConfig, Totals};
use paygate_ports::{Acquirer, AcquirerError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOUR: Duration = Duration::from_secs(3600);
const BOUND: Duration = Duration::from_secs(20);

fn acquirer(timeout: Duration) -> SimulatedAcquirer {
    SimulatedAcquirer::open(SimulatorConfig { timeout, ..SimulatorConfig::default() }).unwrap()
}

/// Sends one request as it stands; returns the status line and the body.
async fn send(server: &Server, head: &str, body: &str) -> (String, String) {
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let length = body.len();
    let text = format!(
        "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         idempotency-key: {}\r\ncontent-length: {length}\r\n\r\n{body}",
        key(1)
    );
    connection.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().replace("HTTP/1.1 ", ""), body.to_owned())
}

fn body(key: u128, amount: &str, currency: &str) -> String {
    let key = crate::support::key(key);
    format!(r#"{{"key":"{key}","amount":"{amount}","currency":"{currency}"}}"#)
}

/// A refund under the key that [`send`] names, of the authorization `of`.
fn refund_body(of: u128, amount: &str) -> String {
    let of = key(of);
    body(1, amount, "USD").replace(r#","amount""#, &format!(r#","of":"{of}","amount""#))
}

#[tokio::test]
async fn each_route_answers_as_documented() {
    let server = Server::start(acquirer(Duration::from_millis(1))).await;
    let id = key(1);
    let authorizations = "POST /v1/authorizations";
    for (head, text, status, expected) in [
        ("GET /health", "", "200 OK", r#"{"status":"ok"}"#),
        (authorizations, &body(1, "100.50", "USD"), "200 OK", r#"{"decision":"approved"}"#),
        (authorizations, &body(1, "100.5", "USD"), "200 OK", r#"{"decision":"approved"}"#),
        (authorizations, &body(1, "7", "USD"), "409 Conflict", r#"{"error":"key_reused"}"#),
        (&format!("GET /v1/authorizations/{id}"), "", "200 OK", r#"{"decision":"approved"}"#),
        (
            &format!("GET /v1/authorizations/{}", key(2)),
            "",
            "404 Not Found",
            r#"{"error":"not_found"}"#,
        ),
        (
            &format!("GET /v1/journal/{id}"),
            "",
            "200 OK",
            &format!(r#"{{"key":"{id}","authorizations":3,"refunds":0,"effects":1}}"#),
        ),
        (
            &format!("GET /v1/journal/{}", key(2)),
            "",
            "200 OK",
            &format!(r#"{{"key":"{}","authorizations":0,"refunds":0,"effects":0}}"#, key(2)),
        ),
        (
            "GET /v1/journal",
            "",
            "200 OK",
            r#"{"keys":1,"authorizations":3,"refunds":0,"effects":1}"#,
        ),
        ("GET /v1/nothing", "", "404 Not Found", ""),
    ] {
        let answer = send(&server, head, text).await;
        assert_eq!((answer.0.as_str(), answer.1.as_str()), (status, expected), "{head} {text}");
    }
}

#[tokio::test]
async fn each_refund_route_answers_as_documented() {
    let simulated = acquirer(Duration::from_millis(1));
    simulated.authorize(request(2, 10_000)).await.unwrap();
    let server = Server::start(simulated).await;
    let (id, refunds) = (key(1), "POST /v1/refunds");
    let approved = r#"{"decision":"approved"}"#;
    for (head, text, status, expected) in [
        (refunds, &*refund_body(2, "60.50"), "200 OK", approved),
        (refunds, &refund_body(2, "60.5"), "200 OK", approved),
        (refunds, &refund_body(2, "7"), "409 Conflict", r#"{"error":"key_reused"}"#),
        (refunds, &refund_body(3, "60.50"), "409 Conflict", r#"{"error":"key_reused"}"#),
        (
            "POST /v1/authorizations",
            &body(1, "60.50", "USD"),
            "409 Conflict",
            r#"{"error":"key_reused"}"#,
        ),
        (&format!("GET /v1/refunds/{id}"), "", "200 OK", approved),
        (&format!("GET /v1/authorizations/{id}"), "", "200 OK", approved),
        (&format!("GET /v1/refunds/{}", key(2)), "", "200 OK", approved),
        (&format!("GET /v1/refunds/{}", key(3)), "", "404 Not Found", r#"{"error":"not_found"}"#),
        (
            &format!("GET /v1/journal/{id}"),
            "",
            "200 OK",
            &format!(r#"{{"key":"{id}","authorizations":1,"refunds":4,"effects":1}}"#),
        ),
        (
            "GET /v1/journal",
            "",
            "200 OK",
            r#"{"keys":2,"authorizations":2,"refunds":4,"effects":2}"#,
        ),
    ] {
        let answer = send(&server, head, text).await;
        assert_eq!((answer.0.as_str(), answer.1.as_str()), (status, expected), "{head} {text}");
    }
}

#[tokio::test]
async fn decisions_and_failures_have_their_status() {
    for (amount, status, expected) in [
        ("1.01", "200 OK", r#"{"decision":"declined","code":"declined"}"#),
        ("1.02", "200 OK", r#"{"decision":"declined","code":"insufficient_funds"}"#),
        ("1.03", "504 Gateway Timeout", r#"{"error":"no_answer"}"#),
        ("1.04", "503 Service Unavailable", r#"{"error":"unavailable"}"#),
        ("1.05", "504 Gateway Timeout", r#"{"error":"no_answer"}"#),
    ] {
        let server = Server::start(acquirer(Duration::from_millis(1))).await;
        let answer = send(&server, "POST /v1/authorizations", &body(1, amount, "USD")).await;
        assert_eq!((answer.0.as_str(), answer.1.as_str()), (status, expected), "{amount}");

        let simulated = acquirer(Duration::from_millis(1));
        simulated.authorize(request(2, 10_000)).await.unwrap();
        let server = Server::start(simulated).await;
        let answer = send(&server, "POST /v1/refunds", &refund_body(2, amount)).await;
        assert_eq!((answer.0.as_str(), answer.1.as_str()), (status, expected), "{amount} back");
    }
}

#[tokio::test]
async fn a_refund_of_what_is_not_there_has_a_code_of_its_own() {
    let simulated = acquirer(Duration::from_millis(1));
    simulated.authorize(request(2, 10_000)).await.unwrap();
    let server = Server::start(simulated).await;
    let answer = send(&server, "POST /v1/refunds", &refund_body(2, "100.01")).await;
    let expected = r#"{"decision":"declined","code":"not_refundable"}"#;
    assert_eq!((answer.0.as_str(), answer.1.as_str()), ("200 OK", expected));
    let answer = send(&server, &format!("GET /v1/refunds/{}", key(1)), "").await;
    assert_eq!((answer.0.as_str(), answer.1.as_str()), ("200 OK", expected));
}

#[tokio::test]
async fn what_is_unclear_is_refused_and_takes_no_effect() {
    let simulated = acquirer(Duration::from_millis(1));
    let server = Server::start(simulated.clone()).await;
    let good = body(1, "1.00", "USD");
    for (text, status) in [
        ("", "400"),
        ("{", "400"),
        ("{}", "422"),
        (&good.replace('}', r#","amount":"2.00"}"#), "422"),
        (&good.replace('}', r#","capture":false}"#), "422"),
        (&good.replace("\"1.00\"", "1.00"), "422"),
        (&body(2, "1.00", "USD"), "400"),
        (&body(1, "0", "USD"), "400"),
        (&body(1, "-1.00", "USD"), "400"),
        (&body(1, "1.001", "USD"), "400"),
        (&body(1, "1e2", "USD"), "400"),
        (&body(1, "1.00", "usd"), "400"),
        (&body(1, "1.00", "ZZZ"), "400"),
        (&good.replace("0000-", "zzzz-"), "400"),
        (&format!("{good}{}", " ".repeat(20_000)), "413"),
    ] {
        let answer = send(&server, "POST /v1/authorizations", text).await;
        let shown = &text[..text.len().min(100)];
        assert!(answer.0.starts_with(status), "{shown}: {answer:?}");
        assert!(answer.1.contains(r#""error":"invalid_request""#), "{shown}: {answer:?}");
    }
    let back = refund_body(1, "1.00");
    for (text, status) in [
        (&*good, "422"),
        (&back.replace('}', r#","reason":"x"}"#), "422"),
        (&back.replace(r#""of":"0000"#, r#""of":"zzzz"#), "400"),
        (&back.replacen("0001", "0002", 1), "400"),
        (&refund_body(1, "0"), "400"),
        (&refund_body(1, "-1.00"), "400"),
        (&refund_body(1, "1.001"), "400"),
    ] {
        let answer = send(&server, "POST /v1/refunds", text).await;
        assert!(answer.0.starts_with(status), "{text}: {answer:?}");
        assert!(answer.1.contains(r#""error":"invalid_request""#), "{text}: {answer:?}");
    }
    for head in ["GET /v1/authorizations/x", "GET /v1/refunds/x"] {
        assert!(send(&server, head, "").await.0.starts_with("400"), "{head}");
    }
    assert_eq!(simulated.totals(), Totals::default());
    assert!(send(&server, "POST /v1/authorizations", &good).await.0.starts_with("200"));
}

/// Waits until `n` authorizations have arrived.
async fn arrived(acquirer: &SimulatedAcquirer, n: u64) {
    let all_there = async {
        while acquirer.totals().authorizations < n {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(BOUND, all_there).await.expect("all calls arrive");
}

#[tokio::test]
async fn calls_that_hear_nothing_do_not_hold_up_the_end() {
    let simulated = acquirer(HOUR);
    let server = Server::start(simulated.clone()).await;
    let client = client(server.address, HOUR);
    let mut calls = tokio::task::JoinSet::new();
    for (n, minor) in [(1, 103), (2, 105), (3, 105)] {
        let client = client.clone();
        calls.spawn(async move { client.authorize(request(n, minor)).await });
    }
    arrived(&simulated, 3).await;
    // Half a request, from a client that never sends the rest; it is told to go on once the server
    // waits for its body.
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let half = "POST /v1/authorizations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 100\r\nexpect: 100-continue\r\n\r\n";
    slow.write_all(half.as_bytes()).await.unwrap();
    let mut go_on = [0; 12];
    slow.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100");

    server.stop.send(()).unwrap();
    tokio::time::timeout(BOUND, server.ended).await.expect("the server ends").unwrap();
    for answer in tokio::time::timeout(BOUND, calls.join_all()).await.unwrap() {
        assert_eq!(answer, Err(AcquirerError::TimedOut));
    }
}

#[tokio::test]
async fn a_client_that_gives_up_leaves_the_effect_behind() {
    let simulated = acquirer(HOUR);
    let server = Server::start(simulated.clone()).await;
    let client = client(server.address, Duration::from_secs(1));
    assert_eq!(client.authorize(request(1, 103)).await, Err(AcquirerError::TimedOut));
    assert_eq!(simulated.calls(key(1)).effects, 1);
    assert_eq!(client.authorize(request(2, 105)).await, Err(AcquirerError::TimedOut));
    assert_eq!(client.status(key(2)).await, Err(AcquirerError::TimedOut));
}
