//! The HTTP client against servers that misbehave: no answer of theirs may become a decision.

use crate::support::{Server, back, client, key, request};
use paygate_acquirer::{
    HttpAcquirer, HttpAcquirerConfig, HttpAcquirerError, SimulatedAcquirer, SimulatorConfig,
};
use paygate_core::id::PaymentId;
use paygate_ports::{Acquirer, AcquirerError, Decision, KnownOutcome};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// For answers that come at once; a slow machine must not make timeouts of them.
const PATIENCE: Duration = Duration::from_secs(10);
/// For answers that never come.
const IMPATIENCE: Duration = Duration::from_millis(200);
/// Longer than any call may take.
const BOUND: Duration = Duration::from_secs(20);
const APPROVED: &str = r#"{"decision":"approved"}"#;

/// What a fake server does with each connection after it has read something.
#[derive(Clone)]
enum Fake {
    /// Writes this and closes.
    Says(String),
    /// Writes this and keeps the connection open.
    Stalls(String),
    /// Writes this, then zeros without end.
    Floods(String),
}

async fn fake(behaviour: Fake) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(misbehave(connection, behaviour.clone()));
        }
    });
    address
}

async fn misbehave(mut connection: TcpStream, behaviour: Fake) {
    let mut request = [0; 4096];
    let _ = connection.read(&mut request).await;
    let (Fake::Says(text) | Fake::Stalls(text) | Fake::Floods(text)) = &behaviour;
    let _ = connection.write_all(text.as_bytes()).await;
    match behaviour {
        Fake::Says(_) => {}
        Fake::Stalls(_) => std::future::pending().await,
        Fake::Floods(_) => while connection.write_all(&[b'0'; 4096]).await.is_ok() {},
    }
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Every operation against `behaviour`; each must fail as `expected` says.
async fn check(
    what: &str,
    behaviour: Fake,
    timeout: Duration,
    expected: impl Fn(&AcquirerError) -> bool,
) {
    let acquirer = client(fake(behaviour).await, timeout);
    let answer = tokio::time::timeout(BOUND, acquirer.authorize(request(1, 10_000))).await;
    let error = answer.expect("the call ends").expect_err(what);
    assert!(expected(&error), "{what}, authorize: {error}");
    let answer = tokio::time::timeout(BOUND, acquirer.refund(back(2, 1, 10_000))).await;
    let error = answer.expect("the call ends").expect_err(what);
    assert!(expected(&error), "{what}, refund: {error}");
    let answer = tokio::time::timeout(BOUND, acquirer.status(key(1))).await;
    let error = answer.expect("the call ends").expect_err(what);
    assert!(expected(&error), "{what}, status: {error}");
}

fn unavailable(error: &AcquirerError) -> bool {
    matches!(error, AcquirerError::Unavailable(text) if text.len() < 100)
}

#[tokio::test]
async fn what_is_not_fully_understood_is_no_decision() {
    let long = format!("{APPROVED}{}", " ".repeat(20_000));
    for (what, text) in [
        ("no HTTP", "hello\r\n\r\n".to_owned()),
        ("nothing", String::new()),
        ("an empty body", http("200 OK", "")),
        ("garbage", http("200 OK", "<html>approved</html>")),
        ("another decision", http("200 OK", r#"{"decision":"pending"}"#)),
        ("a field too many", http("200 OK", r#"{"decision":"approved","amount":"1"}"#)),
        ("another code", http("200 OK", r#"{"decision":"declined","code":"x"}"#)),
        ("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"decision\"".to_owned()),
        ("too much", http("200 OK", &long)),
        ("accepted", http("202 Accepted", APPROVED)),
        ("400", http("400 Bad Request", APPROVED)),
        ("404 of a gateway", http("404 Not Found", "no such page")),
        ("404 of another kind", http("404 Not Found", r#"{"error":"no_route"}"#)),
        ("409", http("409 Conflict", "{}")),
        ("500", http("500 Internal Server Error", APPROVED)),
        ("503", http("503 Service Unavailable", "")),
    ] {
        check(what, Fake::Says(text), PATIENCE, unavailable).await;
    }
}

#[tokio::test]
async fn not_found_is_a_status_but_no_answer_to_anything_else() {
    let text = http("404 Not Found", r#"{"error":"not_found"}"#);
    let acquirer = client(fake(Fake::Says(text)).await, PATIENCE);
    assert_eq!(acquirer.status(key(1)).await, Ok(KnownOutcome::NotFound));
    assert!(unavailable(&acquirer.authorize(request(1, 10_000)).await.unwrap_err()));
    assert!(unavailable(&acquirer.refund(back(2, 1, 10_000)).await.unwrap_err()));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = fake(Fake::Says(http("200 OK", APPROVED))).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let text = format!(
            "HTTP/1.1 {status}\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n"
        );
        check(status, Fake::Says(text), PATIENCE, unavailable).await;
    }
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffff\r\n".to_owned();
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n".to_owned();
    let header = "HTTP/1.1 200 OK\r\nx: ".to_owned();
    for text in [chunked, endless, header] {
        check(&text.clone(), Fake::Floods(text), PATIENCE, unavailable).await;
    }
}

#[tokio::test]
async fn who_answers_too_late_has_not_answered() {
    let half = format!("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{APPROVED}");
    let timed_out = |error: &AcquirerError| *error == AcquirerError::TimedOut;
    for (what, text) in
        [("silence", String::new()), ("half a head", half[..20].to_owned()), ("half a body", half)]
    {
        check(what, Fake::Stalls(text), IMPATIENCE, timed_out).await;
    }
    check("504", Fake::Says(http("504 Gateway Timeout", "")), PATIENCE, timed_out).await;
}

#[tokio::test]
async fn who_does_not_listen_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let acquirer = client(listener.local_addr().unwrap(), PATIENCE);
    drop(listener);
    let error = acquirer.authorize(request(1, 10_000)).await.unwrap_err();
    assert!(unavailable(&error) && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn https_is_spoken_to_https_urls() {
    let address = fake(Fake::Says(http("200 OK", APPROVED))).await;
    let url = format!("https://{address}");
    let config = HttpAcquirerConfig { timeout: PATIENCE, ..HttpAcquirerConfig::new(url) };
    let acquirer = match HttpAcquirer::new(&config) {
        Ok(acquirer) => acquirer,
        // A system without certificates: refused at once, in clear words.
        Err(error) => return assert!(matches!(error, HttpAcquirerError::Tls(_)), "{error}"),
    };
    let error = acquirer.authorize(request(1, 10_000)).await.unwrap_err();
    assert!(unavailable(&error), "plain text is no answer to a handshake: {error}");
}

#[test]
fn a_url_that_cannot_be_meant_is_refused_without_being_shown() {
    for url in [
        "",
        "acquirer:8090",
        "acquirer.example",
        "ftp://acquirer.example",
        "http://",
        "http://user:hunter2@acquirer.example",
        "http://acquirer.example/?key=hunter2",
        "http://acquirer.example/#x",
    ] {
        let error = HttpAcquirer::new(&HttpAcquirerConfig::new(url)).expect_err(url);
        assert!(matches!(error, HttpAcquirerError::Url(_)), "{url}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn the_request_is_the_documented_one_below_any_path() {
    for (suffix, path) in [("", ""), ("/", ""), ("/base", "/base"), ("/base/", "/base")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{suffix}", listener.local_addr().unwrap());
        let config = HttpAcquirerConfig { timeout: PATIENCE, ..HttpAcquirerConfig::new(url) };
        let acquirer = HttpAcquirer::new(&config).unwrap();
        let [id, of] = [key(2), key(1)];

        let body = format!(r#"{{"key":"{of}","amount":"100.50","currency":"USD"}}"#);
        let calling = acquirer.clone();
        let call = tokio::spawn(async move { calling.authorize(request(1, 10_050)).await });
        receive(&listener, &format!("{path}/v1/authorizations"), of, &body).await;
        assert_eq!(call.await.unwrap(), Ok(Decision::Approved));

        let body = format!(r#"{{"key":"{id}","of":"{of}","amount":"50.25","currency":"USD"}}"#);
        let call = tokio::spawn(async move { acquirer.refund(back(2, 1, 5_025)).await });
        receive(&listener, &format!("{path}/v1/refunds"), id, &body).await;
        assert_eq!(call.await.unwrap(), Ok(Decision::Approved));
    }
}

/// Accepts one connection, approves what comes, and closes it.
async fn receive(listener: &TcpListener, path: &str, key: PaymentId, body: &str) {
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut text = String::new();
    while !text.ends_with(body) {
        let mut bytes = [0; 1024];
        let read = connection.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    assert!(text.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{text}");
    assert!(text.contains(&format!("\r\nidempotency-key: {key}\r\n")), "{text}");
    assert!(text.contains("\r\ncontent-type: application/json\r\n"), "{text}");
    let answer = http("200 OK\r\nconnection: close", APPROVED);
    connection.write_all(answer.as_bytes()).await.unwrap();
}

/// Passes connections on to `target` and counts them.
async fn counting_proxy(target: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            let mut far = TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn connections_are_kept_for_all_calls_made_at_once() {
    let simulated = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
    let server = Server::start(simulated.clone()).await;
    let (address, connections) = counting_proxy(server.address).await;
    let acquirer = client(address, Duration::from_secs(30));
    for round in 0..5u128 {
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..64 {
            let acquirer = acquirer.clone();
            calls.spawn(async move { acquirer.authorize(request(round * 64 + n, 10_000)).await });
        }
        assert_eq!(calls.join_all().await, vec![Ok(Decision::Approved); 64]);
    }
    assert_eq!(simulated.totals().effects, 320);
    let connections = connections.load(Ordering::Relaxed);
    assert!(connections <= 128, "{connections} connections for 64 calls at once");
}
