//! Reading query parameters so that every broken rule is found, not only the first.

use crate::problem::Violation;
use actix_web::web::Query;

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
            let Some(known) = names.iter().copied().find(|known| *known == name) else {
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

    /// What was wrong, in the order found.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.violations
    }
}
