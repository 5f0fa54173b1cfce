//! Whether what was answered is what a document shows.
//!
//! A document shows some fields of an answer: these must be there and be the same, amounts to the
//! letter. Ids and account numbers differ each time; the first that stands in the place of one that
//! is shown is taken for it from then on. One time is as good as another.

use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the ids and numbers of a page are called on this stage.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// A command with the names of this stage.
    pub fn translate(&self, command: &str) -> String {
        let names = self.0.iter();
        names.fold(command.to_owned(), |command, (shown, here)| command.replace(shown, here))
    }

    /// Nothing is learned from an answer that differs.
    ///
    /// # Errors
    /// What differs.
    pub fn compare(&mut self, shown: &str, answer: &str) -> Result<(), String> {
        let mut names = Self(self.0.clone());
        let parsed = serde_json::from_str::<Value>(&exactly(shown));
        match (parsed, serde_json::from_str::<Value>(&exactly(answer))) {
            (Ok(shown), Ok(answer)) => names.value(&shown, &answer, "the answer"),
            _ => names.text(shown, answer),
        }
        .map_err(|why| format!("{why}\nin {answer}"))?;
        *self = names;
        Ok(())
    }

    fn value(&mut self, shown: &Value, here: &Value, place: &str) -> Result<(), String> {
        match (shown, here) {
            (Value::Object(shown), Value::Object(here)) => {
                for (field, shown) in shown {
                    let place = format!("{place}.{field}");
                    let here = here.get(field).ok_or_else(|| format!("there is no {place}"))?;
                    self.value(shown, here, &place)?;
                }
                Ok(())
            }
            // Of a list some items may be shown, in their order.
            (Value::Array(shown), Value::Array(here)) => {
                let mut rest = here.iter();
                for (index, shown) in shown.iter().enumerate() {
                    let place = format!("{place}[{index}]");
                    let mut differs = format!("there is no {place}");
                    let found = rest.any(|here| match self.value(shown, here, &place) {
                        Ok(()) => true,
                        Err(why) => {
                            differs = why;
                            false
                        }
                    });
                    found.then_some(()).ok_or(differs)?;
                }
                Ok(())
            }
            (Value::String(shown), Value::String(here)) => self.scalar(shown, here, place),
            _ if shown == here => Ok(()),
            _ => Err(format!("{place} is {here} and not {shown}")),
        }
    }

    /// Line by line; a line of `…` stands for any number of lines.
    fn text(&mut self, shown: &str, here: &str) -> Result<(), String> {
        let mut lines = here.lines();
        let mut some = false;
        for shown in shown.lines() {
            if shown == "…" {
                some = true;
                continue;
            }
            let mut differs = format!("there is no line {shown}");
            let mut is_it = |here: &str| {
                let compared = self.line(shown, here);
                compared.map_err(|why| differs = why).is_ok()
            };
            let found = if some { lines.any(is_it) } else { lines.next().is_some_and(&mut is_it) };
            found.then_some(()).ok_or(differs)?;
            some = false;
        }
        Ok(())
    }

    /// Cell by cell: columns are as wide as what stands in them.
    fn line(&mut self, shown: &str, here: &str) -> Result<(), String> {
        let cells = |line: &str| -> Vec<String> {
            line.split([' ', ',']).filter(|cell| !cell.is_empty()).map(ToOwned::to_owned).collect()
        };
        let (ours, theirs) = (cells(shown), cells(here));
        if ours.len() != theirs.len() {
            return Err(format!("the line is {here:?} and not {shown:?}"));
        }
        ours.iter().zip(&theirs).try_for_each(|(ours, theirs)| self.scalar(ours, theirs, shown))
    }

    fn scalar(&mut self, shown: &str, here: &str, place: &str) -> Result<(), String> {
        let same = match (Shape::of(shown), Shape::of(here)) {
            (Shape::Name, Shape::Name) => {
                here == self.0.entry(shown.to_owned()).or_insert_with(|| here.to_owned())
            }
            (Shape::Time, Shape::Time) => true,
            _ => shown == here,
        };
        same.then_some(()).ok_or_else(|| format!("{place}: {here:?} and not {shown:?}"))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// An id, or the number of an account.
    Name,
    Time,
    Other,
}

impl Shape {
    fn of(text: &str) -> Self {
        let number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if number || Uuid::parse_str(text).is_ok() {
            return Self::Name;
        }
        match text.parse::<paygate_core::Timestamp>() {
            Ok(_) => Self::Time,
            Err(_) => Self::Other,
        }
    }
}

/// JSON with its numbers as text, so that they are compared to the letter: `1.50` is not `1.5`.
fn exactly(json: &str) -> String {
    let mut exact = String::with_capacity(json.len());
    let (mut in_text, mut escaped, mut in_number) = (false, false, false);
    for c in json.chars() {
        let number =
            !in_text && (c.is_ascii_digit() || "+-.".contains(c) || in_number && "eE".contains(c));
        if number != in_number {
            exact.push_str(if number { "\"#" } else { "\"" });
            in_number = number;
        }
        exact.push(c);
        in_text = if c == '"' && !escaped { !in_text } else { in_text };
        escaped = in_text && c == '\\' && !escaped;
    }
    exact
}

/// The status of a problem document, if that is what is shown.
pub fn problem_status(shown: &str) -> Option<u16> {
    let shown: Value = serde_json::from_str(shown).ok()?;
    shown.get("code")?;
    u16::try_from(shown.get("status")?.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Names, problem_status};

    const ID: &str = "01a1f8ef-118d-770d-8da4-484736535f55";
    const OTHER: &str = "01a1f8ef-1180-718f-a130-673b220c2d41";

    #[test]
    fn an_answer_may_say_more_and_nothing_else() {
        let check = |shown: &str, answer: &str, same: bool| {
            let compared = Names::default().compare(shown, answer);
            assert_eq!(compared.is_ok(), same, "{shown} and {answer}: {compared:?}");
        };
        check(r#"{"a":1.50}"#, r#"{"a":1.50,"b":"-1"}"#, true);
        check(r#"{"a":1.50}"#, r#"{"a":1.5}"#, false);
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, false);
        check(r#"{"a":null}"#, r#"{"a":null}"#, true);
        check(r#"{"a":null}"#, "{}", false);
        check(r#"{"a":"\"1"}"#, r#"{"a":"\"1"}"#, true);
        check(r#"{"a":[{"b":2},{"b":4}]}"#, r#"{"a":[{"b":1},{"b":2},{"b":3},{"b":4}]}"#, true);
        check(r#"{"a":[{"b":4},{"b":2}]}"#, r#"{"a":[{"b":2},{"b":4}]}"#, false);
        check(r#"{"at":"2026-11-20T12:29:39.5Z"}"#, r#"{"at":"2027-01-01T00:00:00Z"}"#, true);
        check(r#"{"at":"2026-11-20T12:29:39.5Z"}"#, r#"{"at":"soon"}"#, false);
        check("A   1.00\n…\nthe end", "A 1.00\nB\nC\nthe end\n", true);
        check("A   1.00\nthe end", "A 1.00\nB\nthe end\n", false);
        check("A   1.00", "A 1.01", false);
        check("A", "", false);
    }

    #[test]
    fn an_id_that_is_shown_stands_for_one_id() {
        let mut names = Names::default();
        names.compare(&format!(r#"{{"id":"{ID}"}}"#), &format!(r#"{{"id":"{OTHER}"}}"#)).unwrap();
        assert_eq!(names.translate(&format!("/payments/{ID}")), format!("/payments/{OTHER}"));
        names.compare(&format!(r#"{{"of":"{ID}"}}"#), &format!(r#"{{"of":"{ID}"}}"#)).unwrap_err();
        names.compare(&format!(r#"{{"of":"{ID}"}}"#), &format!(r#"{{"of":"{OTHER}"}}"#)).unwrap();
    }

    #[test]
    fn a_problem_tells_its_status() {
        assert_eq!(problem_status(r#"{"status":409,"code":"quote-already-used"}"#), Some(409));
        assert_eq!(problem_status(r#"{"status":"SUCCESS"}"#), None);
        assert_eq!(problem_status("seq,at"), None);
    }
}
