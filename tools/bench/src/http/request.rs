//! A request, written into bytes that are used again for the next one.

use std::fmt;
use std::io::Write;

use super::Target;

/// A place to write requests to one server in.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is the same in all of them: the host, and who asks.
    common: String,
    body: Vec<u8>,
    whole: Vec<u8>,
}

impl Request {
    /// For requests to this server.
    pub(crate) fn new(target: &Target) -> Self {
        let mut common = format!("host: {}\r\n", target.host());
        if let Some(token) = target.token() {
            common.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        Self { common, body: Vec::new(), whole: Vec::new() }
    }

    /// `GET` of a path.
    pub(crate) fn get(&mut self, path: impl fmt::Display) -> &[u8] {
        self.whole.clear();
        // Writing to memory can't fail.
        let _ = write!(self.whole, "GET {path} HTTP/1.1\r\n{}\r\n", self.common);
        &self.whole
    }

    /// `POST` of a JSON document to a path, with these headers; each of them is a whole line.
    pub(crate) fn post(
        &mut self,
        path: impl fmt::Display,
        headers: fmt::Arguments<'_>,
        body: fmt::Arguments<'_>,
    ) -> &[u8] {
        self.body.clear();
        let _ = self.body.write_fmt(body);
        self.whole.clear();
        let _ = write!(
            self.whole,
            "POST {path} HTTP/1.1\r\n{}{headers}content-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            self.common,
            self.body.len()
        );
        self.whole.extend_from_slice(&self.body);
        &self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, Target};

    #[test]
    fn requests_are_written_as_http_has_them() {
        let target = Target::parse("http://127.0.0.1:8080", Some("secret")).unwrap();
        let mut request = Request::new(&target);
        let key = format_args!("idempotency-key: {}\r\n", 7);
        let post = request.post("/a", key, format_args!("{{\"x\":1}}")).to_vec();
        let expected = "POST /a HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nauthorization: Bearer secret\r\n\
                        idempotency-key: 7\r\ncontent-type: application/json\r\n\
                        content-length: 7\r\n\r\n{\"x\":1}";
        assert_eq!(String::from_utf8(post).unwrap(), expected);
        let get = request.get("/b").to_vec();
        let expected =
            "GET /b HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nauthorization: Bearer secret\r\n\r\n";
        assert_eq!(String::from_utf8(get).unwrap(), expected);
    }
}
