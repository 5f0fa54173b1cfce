//! A minimal HTTP/1.1 client: one connection that is kept, one request at a time, answers with
//! `Content-Length` only. Enough for Paygate's API, and cheap, since it shares the machine with
//! what it measures.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// No head of ours is longer.
const LONGEST_HEAD: usize = 16 * 1024;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// A connection to a local port. After an error it connects anew.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// What was read and not yet used; empty between answers.
    buffer: Vec<u8>,
}

impl Client {
    /// A client that has not connected yet.
    pub(super) fn new(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { address, stream: None, buffer: Vec::new() }
    }

    /// Connects, unless it is connected.
    pub(super) fn connect(&mut self) -> io::Result<()> {
        self.connected().map(|_| ())
    }

    /// Sends a request and waits for its answer.
    pub(super) fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        let answer = self.exchange(request);
        if answer.is_err() {
            self.stream = None;
            self.buffer.clear();
        }
        answer
    }

    /// `GET` of a path.
    pub(super) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    fn connected(&mut self) -> io::Result<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        self.stream.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.connected()?.write_all(request)?;
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(ErrorKind::InvalidData.into());
            }
            self.read_some()?;
        };
        let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default());
        let (status, length) = read_head(&head).ok_or(ErrorKind::InvalidData)?;
        let whole = end + 4 + length;
        while self.buffer.len() < whole {
            self.read_some()?;
        }
        let body = self.buffer.get(end + 4..whole).unwrap_or_default();
        let answer = Answer { status, body: String::from_utf8_lossy(body).into_owned() };
        self.buffer.drain(..whole);
        Ok(answer)
    }

    fn read_some(&mut self) -> io::Result<()> {
        let mut chunk = [0; 4096];
        let read = self.connected()?.read(&mut chunk)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(())
    }
}

/// The status and the length of the body.
fn read_head(head: &str) -> Option<(u16, usize)> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((status, length?))
}

/// A request to create a payment. The amounts vary and none of them is magic: the last two digits
/// of its cents are never 01 to 05, by which the simulated acquirer is told to misbehave.
pub(super) fn create_payment(reference: &str, number: u64, wait_seconds: Option<u64>) -> Vec<u8> {
    let cents = 10 + number % 90;
    let body =
        format!(r#"{{"amount":"12.{cents}","currency":"USD","reference":"{reference}-{number}"}}"#);
    post("/api/v1/payments", &prefer(wait_seconds), &body)
}

/// `POST` of a JSON document; each of the further headers ends its line.
pub(super) fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The header that asks to wait for the outcome, if it is asked for.
pub(super) fn prefer(wait_seconds: Option<u64>) -> String {
    wait_seconds.map_or(String::new(), |seconds| format!("Prefer: wait={seconds}\r\n"))
}

#[cfg(test)]
mod tests {
    use super::{Client, create_payment, read_head};
    use std::collections::BTreeSet;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_head_gives_status_and_length() {
        let head = "HTTP/1.1 201 Created\r\nx: y\r\nContent-LENGTH:  12\r\nz: 1";
        assert_eq!(read_head(head), Some((201, 12)));
        assert_eq!(read_head("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"), None);
        assert_eq!(read_head("hello"), None);
    }

    #[test]
    fn answers_are_read_in_pieces_and_a_cut_connection_is_made_anew() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            for pieces in [
                &["HTTP/1.1 20", "1 Created\r\ncontent-length: 5\r\n\r\nhe", "llo"][..],
                &["HTTP/1.1 200 OK\r\n"],
            ] {
                let (mut stream, _) = listener.accept().unwrap();
                stream.set_nodelay(true).unwrap();
                let _ = stream.read(&mut [0; 1024]).unwrap();
                for piece in pieces {
                    stream.write_all(piece.as_bytes()).unwrap();
                }
            }
        });
        let mut client = Client::new(port);
        let answer = client.get("/").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (201, "hello"));
        client.get("/").unwrap_err();
        client.get("/").unwrap_err();
        server.join().unwrap();
    }

    #[test]
    fn no_amount_is_magic_and_references_differ() {
        let requests: BTreeSet<Vec<u8>> = (0..500).map(|n| create_payment("a", n, None)).collect();
        assert_eq!(requests.len(), 500);
        for request in requests {
            let text = String::from_utf8(request).unwrap();
            let cents = text.split("12.").nth(1).unwrap().get(..2).unwrap();
            assert!((10..100).contains(&cents.parse::<u32>().unwrap()), "{text}");
        }
        let waits = String::from_utf8(create_payment("a", 1, Some(5))).unwrap();
        assert!(waits.contains("\r\nPrefer: wait=5\r\n"));
    }
}
