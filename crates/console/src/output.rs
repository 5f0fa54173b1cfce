//! Standard output: how an answer is written, and how a command ends that can't go on.

use paygate_app::ReadError;
use paygate_ports::StoreError;
use paygate_wire::Unwritable;
use serde::Serialize;
use std::io::{self, BufWriter, Stdout, Write};

/// Why a command fails; one line for the operator.
pub type Fatal = String;

/// Why a command ends before its answer is complete.
pub(crate) enum Ended {
    /// Something is wrong; one line for the operator.
    Because(Fatal),
    /// Who read the answer has seen enough (`paygate payments | head`).
    NobodyReads,
}

impl Ended {
    /// It is none that nobody reads.
    pub(crate) fn failure(self) -> Result<(), Fatal> {
        match self {
            Self::Because(why) => Err(why),
            Self::NobodyReads => Ok(()),
        }
    }
}

impl From<Fatal> for Ended {
    fn from(why: Fatal) -> Self {
        Self::Because(why)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Because(format!("the answer can't be written: {error}")),
        }
    }
}

impl From<serde_json::Error> for Ended {
    fn from(error: serde_json::Error) -> Self {
        Self::from(io::Error::from(error))
    }
}

impl From<Unwritable> for Ended {
    fn from(why: Unwritable) -> Self {
        Self::Because(why.to_string())
    }
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Self {
        Self::Because(error.to_string())
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Because(error.to_string())
    }
}

/// Standard output, to be flushed at the end.
pub(crate) fn stdout() -> BufWriter<Stdout> {
    BufWriter::new(io::stdout())
}

/// Writes one JSON object as a line.
pub(crate) fn object(out: &mut impl Write, body: &impl Serialize) -> Result<(), Ended> {
    serde_json::to_writer(&mut *out, body)?;
    Ok(writeln!(out)?)
}

/// One JSON object with the fields of a head, the list `items` and a last field `next_cursor`, as
/// the API answers it. It is written as its items come, one a line.
pub(crate) struct JsonList<W: Write> {
    out: W,
    is_empty: bool,
}

impl<W: Write> JsonList<W> {
    /// Begins it. `head` is an object, of no fields if there are none.
    pub(crate) fn begin(mut out: W, head: &impl Serialize) -> Result<Self, Ended> {
        let head = serde_json::to_string(head)?;
        let fields = head.trim_start_matches('{').strip_suffix('}').unwrap_or_default();
        let comma = if fields.is_empty() { "" } else { "," };
        write!(out, "{{{fields}{comma}\"items\":[")?;
        Ok(Self { out, is_empty: true })
    }

    /// Adds an item.
    pub(crate) fn item(&mut self, body: &impl Serialize) -> Result<(), Ended> {
        let before = if self.is_empty { "\n" } else { ",\n" };
        self.is_empty = false;
        write!(self.out, "{before}")?;
        Ok(serde_json::to_writer(&mut self.out, body)?)
    }

    /// Ends it. `next` is where a page after this list starts, if anything follows.
    pub(crate) fn end(mut self, next: Option<String>) -> Result<(), Ended> {
        let before = if self.is_empty { "" } else { "\n" };
        write!(self.out, "{before}],\"next_cursor\":")?;
        serde_json::to_writer(&mut self.out, &next)?;
        writeln!(self.out, "}}")?;
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(head: &Value, items: &[Value], next: Option<&str>) -> String {
        let mut out = Vec::new();
        let written = || -> Result<(), Ended> {
            let mut list = JsonList::begin(&mut out, head)?;
            for item in items {
                list.item(item)?;
            }
            list.end(next.map(ToOwned::to_owned))
        };
        assert!({ written }().is_ok());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_list_is_one_json_object_with_an_item_a_line() {
        for (head, items, next, lines) in [
            (json!({}), vec![], None, 1),
            (json!({"a": 1, "b": {"c": {}}}), vec![], None, 1),
            (json!({}), vec![json!({"x": 1})], None, 3),
            (json!({"a": 1}), vec![json!(1), json!({})], Some("next"), 4),
        ] {
            let text = written(&head, &items, next);
            assert_eq!(text.lines().count(), lines, "{text}");
            let mut expected = head.clone();
            expected["items"] = json!(items);
            expected["next_cursor"] = json!(next);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        }
    }

    #[test]
    fn nobody_reading_is_no_failure() {
        let broken = Ended::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(broken, Ended::NobodyReads));
        let full = Ended::from(io::Error::from(io::ErrorKind::StorageFull));
        assert!(matches!(full, Ended::Because(_)));
    }
}
