//! HTTP/1.1 as far as a load needs it: one kept connection, one request at a time, an answer of a
//! known length. Written by hand, since what a client library does beyond that costs as much CPU as
//! the service spends on a request, on the same cores.

mod answer;
mod request;
mod target;

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) use answer::Answer;
pub(crate) use request::Request;
pub(crate) use target::Target;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most answers fit.
const ROOM: usize = 4_096;

/// A connection to a server. After an error it connects anew.
#[derive(Debug)]
pub(crate) struct Connection {
    target: Target,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

impl Connection {
    /// One that has not connected yet.
    pub(crate) fn new(target: &Target) -> Self {
        Self { target: target.clone(), stream: None, received: Vec::with_capacity(ROOM) }
    }

    /// Connects, unless it is connected.
    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.target.address()).await.map_err(words)?;
            stream.set_nodelay(true).map_err(words)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and waits for its answer. The error says in a few words why none came. No
    /// clock watches it: a load has one of its own for all its connections.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, String> {
        self.received.clear();
        match self.received(request).await {
            Ok(head) => Ok(head.answer(&self.received)),
            Err(why) => {
                self.stream = None;
                Err(why)
            }
        }
    }

    /// [`Connection::exchange`], but not for ever.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>, String> {
        timeout(PATIENCE, self.exchange(request)).await.map_err(|_| "too late".to_owned())?
    }

    async fn received(&mut self, request: &[u8]) -> Result<answer::Head, String> {
        self.connect().await?;
        let stream = self.stream.as_mut().ok_or("not connected")?;
        stream.write_all(request).await.map_err(words)?;
        let mut head = None;
        loop {
            if stream.read_buf(&mut self.received).await.map_err(words)? == 0 {
                return Err("cut off".to_owned());
            }
            if head.is_none() {
                head = answer::Head::read(&self.received)?;
            }
            if let Some(head) = head.filter(|head| head.whole <= self.received.len()) {
                return Ok(head);
            }
        }
    }
}

fn words(error: std::io::Error) -> String {
    error.kind().to_string()
}

#[cfg(test)]
mod tests {
    use super::{Connection, Request, Target};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_connection_is_kept_and_one_that_was_cut_is_made_anew() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        let target = Target::parse(&target, None).unwrap();
        let hello = "HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello";
        let server = tokio::spawn(async move {
            for answers in [&[hello, hello][..], &["HTTP/1.1 200 OK\r\n"], &[hello]] {
                let (mut stream, _) = listener.accept().await.unwrap();
                for answer in answers {
                    assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                    // In two pieces, as a network may bring it.
                    let (first, rest) = answer.as_bytes().split_at(12);
                    stream.write_all(first).await.unwrap();
                    stream.flush().await.unwrap();
                    stream.write_all(rest).await.unwrap();
                }
            }
        });
        let mut connection = Connection::new(&target);
        let mut request = Request::new(&target);
        for _ in 0..2 {
            let answer = connection.ask(request.get("/")).await.unwrap();
            assert_eq!((answer.status, answer.body), (201, &b"hello"[..]));
        }
        assert!(connection.ask(request.get("/")).await.is_err(), "the first is at its end");
        assert!(connection.ask(request.get("/")).await.is_err(), "the second answers half");
        assert_eq!(connection.ask(request.get("/")).await.unwrap().status, 201);
        server.await.unwrap();
    }
}
