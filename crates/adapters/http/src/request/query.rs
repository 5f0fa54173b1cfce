//! Reading query parameters so that every broken rule is found, not only the first.

use crate::problem::Problem;
use crate::request::violations::{Broken, Read, Violations};
use actix_web::web::Query;

/// The most rows of a page.
pub const MAX_LIMIT: u16 = 200;
/// The rows of a page if nothing is said.
pub const DEFAULT_LIMIT: u16 = 50;

/// The parameters, and what is wrong so far. One is known by being asked for.
#[derive(Debug)]
pub struct Parameters {
    /// Those that were not asked for yet, in the order they came.
    rest: Vec<(String, String)>,
    violations: Violations,
}

impl Parameters {
    /// Splits a query string (as `application/x-www-form-urlencoded`).
    #[must_use]
    pub fn read(query: &str) -> Self {
        let mut violations = Violations::default();
        let rest = match Query::<Vec<(String, String)>>::from_query(query) {
            Ok(Query(pairs)) => pairs,
            Err(_) => {
                violations.note("query", ("malformed", "must be name=value pairs".to_owned()));
                Vec::new()
            }
        };
        Self { rest, violations }
    }

    /// An optional parameter, read by `parse`. `None` also if it breaks a rule, which is noted.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Broken>,
    ) -> Option<T> {
        let value = self.take(name)?;
        parse(&value).map_err(|broken| self.violations.note(name, broken)).ok()
    }

    /// A required parameter, read by `parse`.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Broken>,
    ) -> Read<T> {
        let missing = || ("missing-parameter", "is required".to_owned());
        let read = self.take(name).ok_or_else(missing).and_then(|value| parse(&value));
        read.map_err(|broken| self.violations.note(name, broken))
    }

    /// What two parameters are together; if it is nothing, that is `name`'s fault.
    pub fn both<A, B, T>(
        &mut self,
        name: &'static str,
        one: Read<A>,
        other: Read<B>,
        rule: impl FnOnce(A, B) -> Result<T, Broken>,
    ) -> Read<T> {
        rule(one?, other?).map_err(|broken| self.violations.note(name, broken))
    }

    /// The most rows of a page: `limit`, or the default.
    pub fn limit(&mut self) -> u16 {
        let read = self.optional("limit", |text| {
            let number = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
            let message = || format!("must be a number from 1 to {MAX_LIMIT}");
            number.ok_or_else(|| ("out-of-range", message()))
        });
        read.unwrap_or(DEFAULT_LIMIT)
    }

    /// Where the page starts: `cursor`, read by `parse`.
    pub fn cursor<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let malformed = || ("malformed", "must be the next_cursor of a page".to_owned());
        self.optional("cursor", |text| parse(text).ok_or_else(malformed))
    }

    /// What was made of the parameters, if nothing was wrong with them and none is left.
    ///
    /// # Errors
    /// A problem with every broken rule: of those that are not known, then of the others in the
    /// order they were asked for.
    pub fn finish<T>(self, made: Read<T>) -> Result<T, Problem> {
        let mut violations = Violations::default();
        for (name, _) in self.rest {
            violations.note_unknown(
                &name,
                "unknown-parameter",
                "is not a parameter of this request",
            );
        }
        violations.append(self.violations);
        violations.finish(made)
    }

    /// The value of a parameter, the first if it came more than once.
    fn take(&mut self, name: &'static str) -> Option<String> {
        let (values, rest) =
            std::mem::take(&mut self.rest).into_iter().partition(|(it, _)| it == name);
        self.rest = rest;
        let values: Vec<(String, String)> = values;
        for _ in values.iter().skip(1) {
            self.violations.note(name, ("duplicate-parameter", "must appear only once".to_owned()));
        }
        values.into_iter().next().map(|(_, value)| value)
    }
}
