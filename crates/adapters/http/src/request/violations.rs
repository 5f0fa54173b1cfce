//! What is wrong with a request, collected while it is read.
//!
//! What must stay true: who holds a [`Noted`] has noted why, so that a request that could not be read
//! is never answered without a reason.

use crate::problem::{Problem, Violation};
use std::borrow::Cow;

/// The most violations that are told; a client with more has another problem.
const MAX_VIOLATIONS: usize = 50;
/// The most characters of an unknown name that are repeated to the client.
const MAX_NAME_CHARS: usize = 100;

/// What is wrong with a text: the stable code of the rule, and the rule.
pub type Broken = (&'static str, String);

/// There is no value, and the client will be told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted(());

/// A part of a request as it was read.
pub type Read<T> = Result<T, Noted>;

/// The violations so far.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes a broken rule.
    pub fn note(&mut self, field: impl Into<Cow<'static, str>>, (code, rule): Broken) -> Noted {
        self.add(Violation::new(field, code, rule))
    }

    /// Notes a name that is not known: `code`, `rule`.
    pub fn note_unknown(&mut self, name: &str, code: &'static str, rule: &str) {
        let name = name.chars().take(MAX_NAME_CHARS).collect::<String>();
        self.note(name, (code, rule.to_owned()));
    }

    /// Notes a violation that is made elsewhere.
    pub fn add(&mut self, violation: Violation) -> Noted {
        if self.0.len() < MAX_VIOLATIONS {
            self.0.push(violation);
        }
        Noted(())
    }

    /// Brings them into the order of these names.
    pub fn sort_by(&mut self, names: &[&'static str]) {
        self.0.sort_by_key(|it| names.iter().position(|name| *name == it.field));
    }

    /// Adds what was noted elsewhere behind these.
    pub fn append(&mut self, others: Self) {
        for violation in others.0 {
            self.add(violation);
        }
    }

    /// The request, if nothing is wrong with it.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn finish<T>(self, read: Read<T>) -> Result<T, Problem> {
        match read {
            Ok(read) if self.0.is_empty() => Ok(read),
            _ => Err(Problem::invalid(self.0)),
        }
    }
}
