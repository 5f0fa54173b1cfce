//! Clients that ask, and do not read what they get.

use super::{config, exchange, served};
use crate::accounts::statement::lines;
use crate::harness::Harness;
use paygate_http::HttpConfig;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};

/// A file of more than a megabyte. Asked for a few times, it is more than the system keeps for a
/// client.
const LARGE: &str = "GET /api/v1/docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n";
const STATEMENT: &str =
    "GET /api/v1/accounts/a/statement HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n";

/// Asks so many times, with little room for answers.
async fn ask(address: SocketAddr, asked: &str, times: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(asked.repeat(times).as_bytes()).await.unwrap();
    stream
}

/// Waits until the server has ended the connection, without reading from it.
async fn is_cut_off(mut stream: TcpStream) {
    let error = stream.ready(Interest::ERROR);
    tokio::time::timeout(Duration::from_secs(20), error).await.expect("it is cut off").unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.expect_err("not as if all were said");
}

#[actix_web::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let harness = Harness::new().await;
    let config = HttpConfig { write_timeout: Duration::from_millis(300), ..config() };
    let (server, address) = served(&harness, &config).await;
    is_cut_off(ask(address, LARGE, 8).await).await;
    server.stop(false).await;
}

#[actix_web::test]
async fn a_client_that_takes_its_time_is_not_cut_off() {
    const TIMES: usize = 16;
    let harness = Harness::new().await;
    let config = HttpConfig { write_timeout: Duration::from_secs(2), ..config() };
    let (server, address) = served(&harness, &config).await;
    let file = harness.get("/api/v1/docs/swagger-ui-bundle.js").await.text.len();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let last = LARGE.replace("Host", "Connection: close\r\nHost");
    let asked = LARGE.repeat(TIMES - 1) + &last;
    stream.write_all(asked.as_bytes()).await.unwrap();
    let (mut read, mut piece) = (0, vec![0; 256 * 1024]);
    let begun = std::time::Instant::now();
    loop {
        let length = stream.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        read += length;
        // Much longer in all than it may take nothing.
        if begun.elapsed() < Duration::from_secs(6) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(read > TIMES * file, "all of it: {read} of {TIMES} times {file}");
    server.stop(false).await;
}

/// Nor does it wait for them: a place is held for a page, not for who takes it.
#[actix_web::test]
async fn statements_that_nobody_reads_keep_nobody_from_one() {
    let harness = Harness::new().await;
    lines(&harness, 2_500).await;
    let config = HttpConfig {
        // A store in memory keeps the server's one thread to itself while it reads a page.
        head_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(5),
        statement_reads: 2,
        statement_patience: Duration::from_secs(1),
        ..config()
    };
    let (server, address) = served(&harness, &config).await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        idle.push(ask(address, STATEMENT, 8).await);
    }
    let last = STATEMENT.replace("Host", "Connection: close\r\nHost");
    for _ in 0..2 {
        let whole = exchange(address, &[last.as_bytes()]).await;
        assert!(
            whole.starts_with("HTTP/1.1 200 OK") && whole.ends_with("\r\n0\r\n\r\n"),
            "{whole}"
        );
    }
    for stream in idle {
        is_cut_off(stream).await;
    }
    server.stop(false).await;
}
