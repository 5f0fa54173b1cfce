//! A client's connection, as actix's HTTP/1 dispatcher sees it.
//!
//! What must stay true: whoever sends something that is no request gets a problem document as well.
//! The dispatcher's own answer is the last that it writes on a connection, and in its place goes one
//! of the app's making. Then the connection is closed so that the answer arrives: a connection that is
//! closed while something still comes in may take along what was sent on it.

use crate::server::own_answer::OwnAnswer;
use crate::server::paced::Paced;
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client that got its last answer may go on sending. What it sends is thrown away.
pub const LINGER: Duration = Duration::from_secs(1);

/// Makes the answers to what is no request.
pub type Refuse = Rc<dyn Fn(StatusCode) -> HttpResponse>;

/// A connection.
pub struct Connection {
    stream: Paced,
    refuse: Refuse,
    last_word: LastWord,
}

/// How far the connection is with an answer after which there is no other.
enum LastWord {
    Unsaid,
    Saying { text: Vec<u8>, said: usize },
    Lingering(Pin<Box<Sleep>>),
    Said,
}

impl Connection {
    /// A connection that was accepted.
    pub fn new(stream: Paced, refuse: Refuse) -> Self {
        Self { stream, refuse, last_word: LastWord::Unsaid }
    }

    fn poll_say(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.last_word {
                LastWord::Unsaid | LastWord::Said => return Poll::Ready(Ok(())),
                LastWord::Saying { text, said } => {
                    while let Some(rest) = text.get(*said..).filter(|rest| !rest.is_empty()) {
                        *said += ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
                    }
                    ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
                    self.last_word = LastWord::Lingering(Box::pin(sleep(LINGER)));
                }
                LastWord::Lingering(until) => {
                    if until.as_mut().poll(context).is_pending() {
                        ready!(poll_read_off(&mut self.stream, context));
                    }
                    self.last_word = LastWord::Said;
                }
            }
        }
    }
}

/// Throws away what comes, until nothing comes any more.
fn poll_read_off(stream: &mut Paced, context: &mut Context<'_>) -> Poll<()> {
    let mut bytes = [0; 4096];
    loop {
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer));
        if read.is_err() || buffer.filled().is_empty() {
            return Poll::Ready(());
        }
    }
}

/// An answer as it goes over the wire. The dispatcher knows the time already.
fn text_of(response: HttpResponse, date: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    // Documents are whole, so that they are bytes already.
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    let length = body.len();
    let rest = format!("content-length: {length}\r\nconnection: close\r\ndate: {date}\r\n\r\n");
    text.extend_from_slice(rest.as_bytes());
    text.extend_from_slice(&body);
    text
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if matches!(self.last_word, LastWord::Unsaid) {
            match OwnAnswer::at_the_end_of(bytes) {
                None => return Pin::new(&mut self.stream).poll_write(context, bytes),
                Some(own) if own.start == 0 => {
                    let text = text_of((self.refuse)(own.status), own.date);
                    self.last_word = LastWord::Saying { text, said: 0 };
                }
                // What was written before it goes first, as it is.
                Some(own) => {
                    let before = bytes.get(..own.start).unwrap_or_default();
                    return Pin::new(&mut self.stream).poll_write(context, before);
                }
            }
        }
        ready!(self.poll_say(context))?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
