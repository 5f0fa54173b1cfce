//! Just enough of PostgreSQL's protocol to ask a server of ours whether it is there, and to send
//! it one statement. Trust authentication, one connection a question.
//!
//! Source: the PostgreSQL manual, "Frontend/Backend Protocol", message formats.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const VERSION_3_0: i32 = 196_608;
/// Refuses to believe in a longer message: then it is not PostgreSQL that answers.
const LONGEST_MESSAGE: usize = 1 << 20;

/// What the server said against a connection or a statement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The five characters of SQLSTATE; empty when there was no server to talk to.
    pub(crate) code: String,
    /// The server's text, or what went wrong on the way.
    pub(crate) message: String,
}

impl Refusal {
    fn unreachable(cause: impl ToString) -> Self {
        Self { code: String::new(), message: cause.to_string() }
    }
}

/// Connects as `postgres` to the database of that name and leaves again.
pub(crate) fn greet(port: u16) -> Result<(), Refusal> {
    Connection::open(port).map(|_| ())
}

/// The first column of every row that `sql` returns; NULL is an empty text.
pub(crate) fn query(port: u16, sql: &str) -> Result<Vec<String>, Refusal> {
    let mut connection = Connection::open(port)?;
    let mut body = sql.as_bytes().to_vec();
    body.push(0);
    connection.send(Some(b'Q'), &body)?;
    connection.until_ready()
}

struct Connection(TcpStream);

impl Connection {
    fn open(port: u16) -> Result<Self, Refusal> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let patience = Duration::from_secs(5);
        let stream =
            TcpStream::connect_timeout(&address, patience).map_err(Refusal::unreachable)?;
        stream.set_read_timeout(Some(patience)).map_err(Refusal::unreachable)?;
        let mut connection = Self(stream);
        let mut body = VERSION_3_0.to_be_bytes().to_vec();
        body.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
        connection.send(None, &body)?;
        connection.until_ready()?;
        Ok(connection)
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), Refusal> {
        let length = i32::try_from(body.len() + 4).map_err(Refusal::unreachable)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.0.write_all(&message).map_err(Refusal::unreachable)
    }

    /// Reads until the server is ready for the next statement, collecting rows on the way.
    fn until_ready(&mut self) -> Result<Vec<String>, Refusal> {
        let mut rows = Vec::new();
        let mut refusal = None;
        loop {
            let (kind, body) = self.receive()?;
            match kind {
                b'Z' => return refusal.map_or(Ok(rows), Err),
                b'D' => rows.push(first_column(&body)),
                b'R' if body != [0; 4] => {
                    return Err(Refusal::unreachable("the server asks for a password"));
                }
                b'E' => {
                    let said = read_refusal(&body);
                    // A refused connection is closed and never gets ready.
                    if said.code.starts_with("57P") || said.code.starts_with("28") {
                        return Err(said);
                    }
                    refusal = Some(said);
                }
                _ => {}
            }
        }
    }

    fn receive(&mut self) -> Result<(u8, Vec<u8>), Refusal> {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).map_err(Refusal::unreachable)?;
        let [kind, length @ ..] = head;
        let length = usize::try_from(i32::from_be_bytes(length)).map_err(Refusal::unreachable)?;
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(Refusal::unreachable("that is not PostgreSQL"));
        }
        let mut body = vec![0; length - 4];
        self.0.read_exact(&mut body).map_err(Refusal::unreachable)?;
        Ok((kind, body))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Says goodbye, so that the server's log does not fill with lost connections.
        let _ = self.send(Some(b'X'), &[]);
    }
}

/// `DataRow`: the number of columns (2 bytes), then for each its length (4 bytes) and its text.
fn first_column(body: &[u8]) -> String {
    let length: Option<[u8; 4]> = body.get(2..6).and_then(|bytes| bytes.try_into().ok());
    let length = length.and_then(|bytes| usize::try_from(i32::from_be_bytes(bytes)).ok());
    let text = body.get(6..6 + length.unwrap_or(0)).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// `ErrorResponse`: fields of one letter and a text each, `C` for SQLSTATE, `M` for the message.
fn read_refusal(body: &[u8]) -> Refusal {
    let field = |letter: u8| {
        body.split(|byte| *byte == 0)
            .find_map(|field| field.strip_prefix(&[letter]))
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .unwrap_or_default()
    };
    Refusal { code: field(b'C'), message: field(b'M') }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, first_column, read_refusal};

    #[test]
    fn the_first_column_of_a_row_is_read() {
        assert_eq!(first_column(b"\0\x02\0\0\0\x02ab\0\0\0\x01c"), "ab");
        assert_eq!(first_column(b"\0\x01\xff\xff\xff\xff"), "");
    }

    #[test]
    fn an_error_keeps_its_code() {
        let said = read_refusal(b"SFATAL\0C57P03\0Mthe database system is starting up\0\0");
        let expected =
            Refusal { code: "57P03".into(), message: "the database system is starting up".into() };
        assert_eq!(said, expected);
    }
}
