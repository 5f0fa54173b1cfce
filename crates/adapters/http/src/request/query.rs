//! Reading query parameters so that every broken rule is found, not only the first.

use crate::problem::{Problem, Violation};
use crate::request::fields::{MAX_NAME_CHARS, MAX_VIOLATIONS};
use actix_web::web::Query;

/// The most rows of a page.
const MAX_LIMIT: u16 = 200;
/// The rows of a page if nothing is said.
const DEFAULT_LIMIT: u16 = 50;

/// The parameters by their known names, and what is wrong so far.
#[derive(Debug)]
pub struct Parameters {
    values: Vec<(&'static str, String)>,
    violations: Vec<Violation>,
}

impl Parameters {
    /// Splits a query string (as `application/x-www-form-urlencoded`) that must have no other than
    /// these parameters, each once at the most.
    #[must_use]
    pub fn read(query: &str, names: &'static [&'static str]) -> Self {
        let mut read = Self { values: Vec::new(), violations: Vec::new() };
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::from_query(query) else {
            read.violations.push(Violation::new("query", "malformed", "must be name=value pairs"));
            return read;
        };
        for (name, value) in pairs {
            if read.violations.len() >= MAX_VIOLATIONS {
                break;
            }
            let Some(known) = names.iter().copied().find(|known| *known == name) else {
                let name = name.chars().take(MAX_NAME_CHARS).collect::<String>();
                let message = "is not a parameter of this request";
                read.violations.push(Violation::new(name, "unknown-parameter", message));
                continue;
            };
            if read.values.iter().any(|(taken, _)| *taken == known) {
                let message = "must appear only once";
                read.violations.push(Violation::new(known, "duplicate-parameter", message));
            } else {
                read.values.push((known, value));
            }
        }
        read
    }

    /// An optional parameter, read by `parse`, whose error is the code and message of the rule.
    pub fn optional<T, M: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, M)>,
    ) -> Option<T> {
        let (_, value) = self.values.iter().find(|(known, _)| *known == name)?;
        match parse(value) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.violations.push(Violation::new(name, code, message));
                None
            }
        }
    }

    /// A required parameter, read as [`Parameters::optional`] does.
    pub fn required<T, M: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, (&'static str, M)>,
    ) -> Option<T> {
        if self.values.iter().all(|(known, _)| *known != name) {
            self.violations.push(Violation::new(name, "missing-parameter", "is required"));
        }
        self.optional(name, parse)
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
        let malformed = ("malformed", "must be the next_cursor of a page");
        self.optional("cursor", |text| parse(text).ok_or(malformed))
    }

    /// Done, if nothing was wrong.
    ///
    /// # Errors
    /// A problem with every broken rule, in the order found.
    pub fn finish(self) -> Result<(), Problem> {
        if self.violations.is_empty() { Ok(()) } else { Err(Problem::invalid(self.violations)) }
    }
}
