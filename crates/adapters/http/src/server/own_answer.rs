//! Answers that actix's HTTP/1 dispatcher makes by itself, where what came is no request: an empty
//! 400, 408 or 431. It has no hook for them, so that they are found in what it writes.
//!
//! What must stay true: nothing of the app's is taken for one. A head of the app's always has an
//! `X-Request-Id`, which the dispatcher's has not, and no body of the app's (JSON, CSV, metrics,
//! pages) ends in the empty line that a head ends in.

use actix_web::http::StatusCode;

/// An answer of the dispatcher's own.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnAnswer<'a> {
    /// Where it begins in what is written. It is the last there is, always.
    pub start: usize,
    /// What it says.
    pub status: StatusCode,
    /// Its `Date`.
    pub date: &'a str,
}

impl<'a> OwnAnswer<'a> {
    /// The longest head that is looked for.
    const LONGEST: usize = 256;

    /// The one that `written` ends in.
    pub fn at_the_end_of(written: &'a [u8]) -> Option<Self> {
        let written_before = written.strip_suffix(b"\r\n\r\n")?;
        let from = written_before.len().saturating_sub(Self::LONGEST);
        let window = written_before.get(from..)?;
        let begin = window.windows(7).rposition(|bytes| bytes == b"HTTP/1.")?;
        let head = str::from_utf8(window.get(begin..)?).ok()?;
        let (status, date) = parse(head)?;
        Some(Self { start: from + begin, status, date })
    }
}

/// Status and date of a head that tells nothing but those, and that nothing follows.
fn parse(head: &str) -> Option<(StatusCode, &str)> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.get("HTTP/1.1 ".len()..)?.get(..3)?.parse::<u16>().ok()?;
    let status = StatusCode::from_u16(status).ok()?;
    let (mut date, mut is_empty) = (None, false);
    for line in lines {
        match line.split_once(": ")? {
            ("date", value) => date = Some(value),
            ("content-length", "0") => is_empty = true,
            ("connection", _) => {}
            _ => return None,
        }
    }
    let is_error = status.is_client_error() || status.is_server_error();
    date.filter(|_| is_empty && is_error).map(|date| (status, date))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Thu, 26 Nov 2026 17:02:50 GMT";

    #[test]
    fn an_answer_of_the_dispatchers_own_is_found_behind_whatever_was_written_before() {
        for before in ["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "0\r\n\r\n"] {
            for (line, connection) in [
                ("HTTP/1.1 400 Bad Request", "connection: close\r\n"),
                ("HTTP/1.0 400 Bad Request", ""),
                ("HTTP/1.1 408 Request Timeout", "connection: close\r\n"),
                ("HTTP/1.1 431 Request Header Fields Too Large", ""),
                ("HTTP/1.1 500 Internal Server Error", ""),
            ] {
                let head =
                    format!("{line}\r\ncontent-length: 0\r\n{connection}date: {DATE}\r\n\r\n");
                let written = format!("{before}{head}");
                let found = OwnAnswer::at_the_end_of(written.as_bytes()).unwrap();
                assert_eq!((found.start, found.date), (before.len(), DATE), "{written}");
                assert_eq!(found.status.as_str(), &line[9..12]);
            }
        }
    }

    #[test]
    fn nothing_of_the_app_is_taken_for_one() {
        let own = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: {DATE}\r\n\r\n");
        for written in [
            String::new(),
            "\r\n\r\n".to_owned(),
            "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
            own.replace("400 Bad Request", "200 OK"),
            own.replace("date:", "x-request-id: 1\r\ndate:"),
            own.replace("length: 0", "length: 10"),
            own.replace("content-length: 0\r\n", ""),
            format!("{own}0\r\n\r\n"),
            format!("{{\"description\":\"{own}\"}}"),
            format!("1,\"{}\"\r\n", own.trim_end()),
            "x".repeat(1_000) + "\r\n\r\n",
        ] {
            assert_eq!(OwnAnswer::at_the_end_of(written.as_bytes()), None, "{written}");
        }
    }
}
