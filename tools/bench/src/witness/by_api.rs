//! Asking the API: it lists payments newest first, each with the times of its start and its end.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;

use crate::http::{Connection, Request, Target};
use crate::load::{Mark, Times};
use crate::outcome::Outcome;
use crate::wait_for::on_this_thread;

/// As many as a page may hold.
const PAGE: usize = 200;

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Item {
    id: String,
    status: String,
    created_at: String,
    updated_at: String,
    failure: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    code: String,
}

/// Whether a payment after the mark waits for a worker.
pub(super) fn is_under_way(target: &Target, mark: &Mark) -> Result<bool, String> {
    on_this_thread(async {
        let mut asking = Asking::new(target);
        for status in ["PENDING", "PROCESSING"] {
            let after = &mark.created_at;
            let query = format!("status={status}&created_after={after}&limit=1");
            if !asking.page(&query).await?.items.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// What came of all payments after the mark.
pub(super) fn outcome(target: &Target, mark: &Mark) -> Result<Outcome, String> {
    on_this_thread(async {
        let (mut asking, mut sum) = (Asking::new(target), Sum::new()?);
        let first = format!("created_after={}&limit={PAGE}", mark.created_at);
        let mut query = first.clone();
        loop {
            let page = asking.page(&query).await?;
            for item in page.items.iter().filter(|item| item.id != mark.id) {
                sum.add(item)?;
            }
            match page.next_cursor {
                Some(cursor) => query = format!("{first}&cursor={cursor}"),
                None => return Ok(sum.outcome()),
            }
        }
    })
}

struct Asking {
    connection: Connection,
    request: Request,
}

impl Asking {
    fn new(target: &Target) -> Self {
        Self { connection: Connection::new(target), request: Request::new(target) }
    }

    async fn page(&mut self, query: &str) -> Result<Page, String> {
        let request = self.request.get(format_args!("/api/v1/payments?{query}"));
        let answer = self.connection.ask(request).await?;
        if answer.status != 200 {
            return Err(format!("listing payments came to {} {}", answer.status, answer.text()));
        }
        serde_json::from_slice(answer.body).map_err(|error| format!("a list: {error}"))
    }
}

/// What the pages so far hold; times are microseconds since 1970.
struct Sum {
    settle: Times,
    first: i64,
    last: i64,
    others: BTreeMap<String, u64>,
}

impl Sum {
    fn new() -> Result<Self, String> {
        Ok(Self { settle: Times::new()?, first: i64::MAX, last: 0, others: BTreeMap::new() })
    }

    fn add(&mut self, item: &Item) -> Result<(), String> {
        let (created, updated) = (time(&item.created_at)?, time(&item.updated_at)?);
        self.first = self.first.min(created);
        if item.status == "SUCCESS" {
            self.last = self.last.max(updated);
            self.settle.add_microseconds(updated.saturating_sub(created));
            return Ok(());
        }
        let code = item.failure.as_ref().map_or("", |failure| &failure.code);
        let what = format!("{} {code}", item.status).trim_end().to_owned();
        *self.others.entry(what).or_default() += 1;
        Ok(())
    }

    fn outcome(self) -> Outcome {
        let microseconds = self.last.saturating_sub(self.first).max(0);
        Outcome {
            settled: self.settle.count(),
            seconds: microseconds as f64 / 1_000_000.0,
            settle: self.settle.spread(),
            others: self.others,
        }
    }
}

fn time(text: &str) -> Result<i64, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp_micros()).map_err(|error| format!("`{text}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{Failure, Item, Sum};

    fn item(status: &str, created: &str, updated: &str) -> Item {
        let at = |seconds| format!("2026-11-20T12:29:{seconds}Z");
        Item {
            id: String::new(),
            status: status.to_owned(),
            created_at: at(created),
            updated_at: at(updated),
            failure: (status == "FAILED").then(|| Failure { code: "declined".to_owned() }),
        }
    }

    #[test]
    fn only_what_is_settled_counts_and_the_rest_is_named() {
        let mut sum = Sum::new().unwrap();
        for (status, created, updated) in [
            ("SUCCESS", "10.000000", "10.004000"),
            ("SUCCESS", "11.000000", "11.004000"),
            ("FAILED", "11.000000", "19.000000"),
            ("PENDING", "11.000000", "11.000000"),
        ] {
            sum.add(&item(status, created, updated)).unwrap();
        }
        let outcome = sum.outcome();
        assert_eq!((outcome.settled, outcome.seconds), (2, 1.004));
        assert!((outcome.settle.unwrap().p50_ms - 4.0).abs() < 0.01);
        assert!((outcome.per_second() - 2.0 / 1.004).abs() < 1e-9);
        let others: Vec<_> = outcome.others.into_iter().collect();
        assert_eq!(others, [("FAILED declined".to_owned(), 1), ("PENDING".to_owned(), 1)]);
    }
}
