//! A client of Paygate: one connection that is kept, one request at a time. Cheap, since it shares the
//! machine with what it measures.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A connection to a local port. After an error it connects anew.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client that has not connected yet.
    pub(crate) fn new(port: u16) -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), connection: None }
    }

    /// Connects, unless it is connected.
    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        self.connected().await.map(|_| ())
    }

    /// Sends a request and waits for its answer. The error says in a few words why none came.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let answer = timeout(PATIENCE, self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|_| Err("too late".to_owned()));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    async fn connected(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        if self.connection.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect(self.address).await;
            let stream = stream.map_err(|error| error.kind().to_string())?;
            stream.set_nodelay(true).map_err(|error| error.kind().to_string())?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(words)?;
            // How it ends, the request that was under way tells.
            tokio::spawn(connection);
            self.connection = Some(sender);
        }
        self.connection.as_mut().ok_or_else(|| "not connected".to_owned())
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let connection = self.connected().await?;
        connection.ready().await.map_err(words)?;
        let answer = connection.send_request(request).await.map_err(words)?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(words)?.to_bytes();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

fn words(error: hyper::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::Client;
    use crate::requests::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_connection_is_kept_and_one_that_was_cut_is_made_anew() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hello = "HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello";
        let server = tokio::spawn(async move {
            for answers in [&[hello, hello][..], &["HTTP/1.1 200 OK\r\n"], &[hello]] {
                let (mut stream, _) = listener.accept().await.unwrap();
                for answer in answers {
                    assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        let mut client = Client::new(port);
        for _ in 0..2 {
            let answer = client.send(get("/")).await.unwrap();
            assert_eq!((answer.status, answer.body.as_str()), (201, "hello"));
        }
        // The first may find its connection cut before it is sent, and then meets the second.
        while client.send(get("/")).await.is_ok() {}
        assert_eq!(client.send(get("/")).await.unwrap().status, 201);
        server.await.unwrap();
        client.send(get("/")).await.unwrap_err();
    }
}
