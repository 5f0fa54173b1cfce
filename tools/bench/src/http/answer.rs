//! What came back, read where it lies.

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

/// What the head says: the status, where the body begins, and how long the whole answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    status: u16,
    body: usize,
    pub(super) whole: usize,
}

impl Head {
    /// Reads the head; none while it has not come whole.
    pub(super) fn read(received: &[u8]) -> Result<Option<Self>, String> {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(head) = end.and_then(|end| received.get(..end)) else { return Ok(None) };
        let status = head.get(9..12).and_then(number).ok_or("this is no answer of HTTP/1.1")?;
        let length = match head.split(|byte| *byte == b'\n').find_map(content_length) {
            Some(length) => length.ok_or("an answer of unreadable length")?,
            None if status == 204 => 0,
            None => return Err("an answer of unknown length".to_owned()),
        };
        let body = head.len() + 4;
        let status = u16::try_from(status).map_err(|_| "an answer without status")?;
        Ok(Some(Self { status, body, whole: body + length }))
    }

    /// The answer in what was received.
    pub(super) fn answer(self, received: &[u8]) -> Answer<'_> {
        let body = received.get(self.body..self.whole).unwrap_or_default();
        Answer { status: self.status, body }
    }
}

fn content_length(line: &[u8]) -> Option<Option<usize>> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME).then(|| number(value.trim_ascii()))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        for cut in 0..whole.len() - 2 {
            assert_eq!(Head::read(&whole[..cut]), Ok(None), "{cut}");
        }
        let head = Head::read(whole).unwrap().unwrap();
        assert_eq!(head.whole, whole.len());
        let answer = head.answer(whole);
        assert_eq!((answer.status, answer.text().as_str()), (201, "{}"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let none = Head::read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!(none.whole, 27);
        for wrong in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        ] {
            assert!(Head::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
