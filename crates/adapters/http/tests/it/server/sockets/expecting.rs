//! `Expect: 100-continue`, as clients with large bodies send it.

use super::{config, exchange, head, served, served_to};
use crate::harness::{EXAMPLE, Harness, Tokens};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Sends a head that expects, and no body: the answer is final, and the first.
async fn check_refused(address: SocketAddr, head: &str, status: u16) {
    let answer = exchange(address, &[head.as_bytes()]).await;
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head}{answer}");
    assert!(!answer.contains("100 Continue"), "{head}{answer}");
    assert!(answer.contains("\r\nx-request-id: "), "{head}{answer}");
    assert!(answer.contains("\r\ncontent-type: application/problem+json\r\n"), "{head}{answer}");
}

/// Reads so many bytes.
async fn read(stream: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    let reading = stream.read_exact(&mut bytes);
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("an answer").unwrap();
    String::from_utf8(bytes).unwrap()
}

#[actix_web::test]
async fn who_expects_hears_a_refusal_at_once() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let expecting = "Expect: 100-continue\r\nContent-Length: 50";
    check_refused(address, &head("Expect: 100-continue\r\nContent-Length: 65537"), 413).await;
    let text = head(expecting).replace("application/json", "text/plain");
    check_refused(address, &text, 415).await;
    check_refused(address, &head(expecting).replace("payments", "nothing"), 404).await;
    check_refused(address, &head(expecting).replace("POST", "PUT"), 405).await;
    check_refused(address, &head(expecting).replace("payments", "payments?a=b"), 400).await;
    server.stop(false).await;

    let nobody = Arc::new(Tokens::of([]));
    let (server, address) = served_to(&harness, &config(), nobody).await;
    check_refused(address, &head(expecting), 401).await;
    server.stop(false).await;
}

#[actix_web::test]
async fn who_expects_is_told_to_go_on_when_the_body_is_wanted() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for body in [EXAMPLE, r#"{"amount":1,"currency":"USD","reference":"second"}"#] {
        let head = head(&format!("expect: 100-Continue\r\nContent-Length: {}", body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(read(&mut stream, CONTINUE.len()).await, CONTINUE);
        stream.write_all(body.as_bytes()).await.unwrap();
        // The same connection serves the next.
        let created = "HTTP/1.1 201 Created";
        assert_eq!(read(&mut stream, created.len()).await, created);
        let mut answer = String::new();
        while !answer.ends_with('}') {
            answer += &read(&mut stream, 1).await;
        }
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn who_expects_and_sends_nothing_is_told_so() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let head = head("Expect: 100-continue\r\nContent-Length: 50");
    let answer = exchange(address, &[head.as_bytes()]).await;
    let answer = answer.strip_prefix(CONTINUE).expect("the body is wanted");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"request-timeout\""), "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_comes_unasked_is_taken() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let more = "Connection: close\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked";
    let chunk = format!("{:x}\r\n{EXAMPLE}\r\n0\r\n\r\n", EXAMPLE.len());
    let answer = exchange(address, &[head(more).as_bytes(), chunk.as_bytes()]).await;
    let answer = answer.strip_prefix(CONTINUE).unwrap_or(&answer);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    server.stop(false).await;
}
