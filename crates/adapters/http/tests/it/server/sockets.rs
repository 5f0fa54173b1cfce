//! What only shows on a real connection.

mod expecting;
mod refused;
mod stalled;

use crate::harness::{Anybody, EXAMPLE, Harness};
use actix_web::dev::ServerHandle;
use paygate_core::identity::Principal;
use paygate_http::{HttpConfig, MetricsSource, serve, serve_observability};
use paygate_ports::Authenticator;
use paygate_testkit::faults::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn config() -> HttpConfig {
    HttpConfig {
        port: 0,
        workers: 1,
        // The server looks at its clock twice a second. Less might be over before a client has begun.
        head_timeout: Duration::from_secs(2),
        body_timeout: Duration::from_millis(300),
        ..HttpConfig::default()
    }
}

fn metrics() -> MetricsSource {
    Arc::new(|| "up 1\n".to_owned())
}

async fn served(harness: &Harness, config: &HttpConfig) -> (ServerHandle, SocketAddr) {
    served_to(harness, config, Arc::new(Anybody(Principal::Sandbox))).await
}

async fn served_to(
    harness: &Harness,
    config: &HttpConfig,
    authenticator: Arc<dyn Authenticator>,
) -> (ServerHandle, SocketAddr) {
    let (api, ids) = (harness.api.clone(), harness.ids.clone());
    let (server, addresses) = serve(config, api, authenticator, metrics(), ids).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (handle, addresses[0])
}

/// Sends pieces and reads until the server closes or nothing more comes.
async fn exchange(address: SocketAddr, pieces: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let write = async {
        for piece in pieces {
            if writer.write_all(piece).await.is_err() {
                break;
            }
        }
    };
    let mut read = Vec::new();
    let reading = async { reader.read_to_end(&mut read).await };
    let both = futures_util::future::join(write, reading);
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("the server closes").1.ok();
    String::from_utf8(read).unwrap()
}

fn head(more: &str) -> String {
    format!(
        "POST /api/v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{more}\r\n\r\n"
    )
}

#[actix_web::test]
async fn a_payment_is_made_over_a_socket_and_the_server_stops_when_told() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let head = head(&format!("Connection: close\r\nContent-Length: {}", EXAMPLE.len()));
    let answer = exchange(address, &[head.as_bytes(), EXAMPLE.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert!(answer.contains("\"amount\":100.50"), "{answer}");
    let asked = b"HEAD /api/v1/payments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = exchange(address, &[asked]).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n"), "{answer}");
    server.stop(true).await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[actix_web::test]
async fn a_file_that_is_cut_off_can_be_told_from_a_whole_one() {
    let harness = Harness::new().await;
    crate::accounts::statement::lines(&harness, 2_500).await;
    // A store in memory keeps the server's one thread to itself while it reads a page.
    let patient = HttpConfig { head_timeout: Duration::from_secs(10), ..config() };
    let (server, address) = served(&harness, &patient).await;
    let ask = |method: &str| {
        let path = "/api/v1/accounts/a/statement";
        let asked = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\nConnection: close\r\n\r\n"
        );
        async move { exchange(address, &[asked.as_bytes()]).await }
    };
    let whole = ask("GET").await;
    assert!(whole.starts_with("HTTP/1.1 200 OK"), "{whole}");
    assert!(whole.to_lowercase().contains("transfer-encoding: chunked"));
    assert!(whole.contains("\n2501,") && whole.ends_with("\r\n0\r\n\r\n"));

    harness.faults.on(Method::Lines).sparing(2).fails_before();
    let cut_off = ask("GET").await;
    // How much of the second page is on its way when the third fails is a matter of pace.
    assert!(cut_off.starts_with("HTTP/1.1 200 OK") && cut_off.contains("\n500,"));
    assert!(!cut_off.contains("\n2001,") && !cut_off.ends_with("\r\n0\r\n\r\n"));

    let head = ask("HEAD").await;
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(head.matches("\r\n\r\n").count(), 1, "{head}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_body_in_chunks_is_counted_too() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let head = head("Transfer-Encoding: chunked");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let mut pieces = vec![head.as_bytes()];
    pieces.extend(std::iter::repeat_n(chunk.as_bytes(), 17));
    let answer = exchange(address, &pieces).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"code\":\"payload-too-large\""), "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_is_announced_too_large_is_refused_at_once() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let answer = exchange(address, &[head("Content-Length: 65537").as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_does_not_come_ends_in_a_problem() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let answer = exchange(address, &[head("Content-Length: 50").as_bytes(), b"{\"amount\""]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"request-timeout\""), "{answer}");
    let head = head("Transfer-Encoding: chunked");
    let answer = exchange(address, &[head.as_bytes(), b"1\r\n{\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let answer = exchange(address, &[b"POST /api/v1/payments HTTP/1.1\r\nHost: x\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn broken_chunks_are_a_bad_request() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let head = head("Transfer-Encoding: chunked");
    let answer = exchange(address, &[head.as_bytes(), b"zz\r\nnonsense"]).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("\"code\":\"malformed-body\""), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one request, one answer: {answer}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_worker_shows_its_health_and_nothing_else() {
    let harness = Harness::new().await;
    let open = HttpConfig { host: "0.0.0.0".to_owned(), ..config() };
    let readiness = harness.api.readiness.clone();
    let (server, addresses) =
        serve_observability(&open, readiness, metrics(), harness.ids.clone()).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    let address = SocketAddr::from(([127, 0, 0, 1], addresses[0].port()));
    for (path, status) in [
        ("/health", 200),
        ("/healthz", 200),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/metrics", 200),
        ("/api/v1/payments", 404),
        ("/api/v1/openapi.json", 404),
        ("/", 404),
    ] {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = exchange(address, &[asked.as_bytes()]).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn the_api_is_not_offered_to_everybody_by_accident() {
    let harness = Harness::new().await;
    let try_to_serve = |config: &HttpConfig| {
        let (api, ids) = (harness.api.clone(), harness.ids.clone());
        let authenticator = Arc::new(Anybody(Principal::Sandbox));
        serve(config, api, authenticator, metrics(), ids).map(|_| ())
    };
    let open = HttpConfig { host: "0.0.0.0".to_owned(), ..config() };
    let refused = try_to_serve(&open).unwrap_err().to_string();
    assert!(refused.contains("PAYGATE_API_TOKEN") && !refused.contains('\n'), "{refused}");
    try_to_serve(&HttpConfig { insecure_no_auth: true, ..open.clone() }).unwrap();
    try_to_serve(&HttpConfig { guarded: true, ..open }).unwrap();
}

#[actix_web::test]
async fn a_port_that_is_taken_is_named() {
    let harness = Harness::new().await;
    let (server, address) = served(&harness, &config()).await;
    let taken = HttpConfig { port: address.port(), ..config() };
    let (api, ids) = (harness.api.clone(), harness.ids.clone());
    let refused = serve(&taken, api, Arc::new(Anybody(Principal::Sandbox)), metrics(), ids);
    let refused = refused.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains(&address.to_string()), "{refused}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_second_head_that_does_not_come_ends_the_connection_too() {
    let harness = Harness::new().await;
    let config = HttpConfig { keep_alive: Duration::from_millis(600), ..config() };
    let (server, address) = served(&harness, &config).await;
    let whole = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = exchange(address, &[whole, b"GET /health HTTP/1.1\r\nHost:"]).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop(false).await;
}
