//! What the database knows of the run: how much is settled, how long it took, by its own clock.

use std::time::Duration;

use paygate_test_servers::Postgres;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::work::Work;

/// The times of the payments of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SettleTimes {
    /// How many are settled.
    pub(crate) settled: u64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// From the start of the run to the last settlement.
    pub(crate) until_last: Duration,
}

/// A connection to the database that the service runs on.
#[derive(Debug)]
pub(crate) struct Database(tokio_postgres::Client);

impl Database {
    /// Connects.
    pub(crate) async fn connect(url: &str) -> Result<Self, String> {
        let connected = tokio_postgres::connect(url, NoTls).await;
        let (client, connection) = connected.map_err(|error| format!("the database: {error}"))?;
        // How it ends, the next question tells.
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// The first column of every row that `sql` returns, as text; NULL is an empty one.
    pub(crate) async fn query(&self, sql: &str) -> Result<Vec<String>, String> {
        let answer = self.0.simple_query(sql).await;
        let messages = answer.map_err(|error| format!("{sql}: {}", cause(&error)))?;
        let first = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(first).collect())
    }

    /// Its clock, as a text that its own `timestamptz` reads back.
    pub(crate) async fn now(&self) -> Result<String, String> {
        self.one("SELECT clock_timestamp()").await
    }

    /// How many payments are settled. Each charge is one posting of an acquirer account; each
    /// transfer is one of two wallets, whose first is their opening balance. Postings are numbered
    /// without gaps: asking costs nothing, however many there are.
    pub(crate) async fn settled(&self, work: Work) -> Result<u64, String> {
        let sql = match work {
            Work::Charges => {
                "SELECT coalesce(sum(last_seq), 0) FROM accounts WHERE system_code = 'acquirer'"
            }
            Work::Transfers => {
                "SELECT (coalesce(sum(last_seq), 0)::bigint - count(*)) / 2 FROM accounts \
                 WHERE system_code IS NULL AND NOT for_charges"
            }
        };
        number(&self.one(sql).await?)
    }

    /// How many payments are under way. Reads all of them.
    pub(crate) async fn open(&self) -> Result<u64, String> {
        let sql = "SELECT count(*) FROM payments WHERE status IN ('PENDING', 'PROCESSING')";
        number(&self.one(sql).await?)
    }

    /// What became of the payments accepted since `start` that did not come to SUCCESS:
    /// `FAILED insufficient-funds: 3`.
    pub(crate) async fn not_succeeded(
        &self,
        work: Work,
        start: &str,
    ) -> Result<Vec<String>, String> {
        let kind = work.kind();
        let sql = format!(
            "SELECT concat(concat_ws(' ', status, failure_code), ': ', count(*)) FROM payments \
             WHERE kind = '{kind}' AND status <> 'SUCCESS' AND created_at >= '{start}' \
             GROUP BY status, failure_code ORDER BY status, failure_code"
        );
        self.query(&sql).await
    }

    /// How long the payments accepted since `start` took to SUCCESS.
    pub(crate) async fn settle_times(
        &self,
        work: Work,
        start: &str,
    ) -> Result<SettleTimes, String> {
        let seconds = |of: &str| format!("extract(epoch FROM {of})");
        let (took, kind) = (seconds("updated_at - created_at"), work.kind());
        let sql = format!(
            "SELECT concat_ws(' ', count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY {took}), \
             percentile_disc(0.99) WITHIN GROUP (ORDER BY {took}), {}) \
             FROM payments \
             WHERE kind = '{kind}' AND status = 'SUCCESS' AND created_at >= '{start}'",
            seconds(&format!("max(updated_at) - '{start}'"))
        );
        let row = self.one(&sql).await?;
        let (settled, times) = row.split_once(' ').ok_or("no payment is settled")?;
        let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
        let times: Option<Vec<Duration>> = times.split(' ').map(seconds).collect();
        match times.as_deref() {
            Some(&[median, p99, until_last]) => {
                Ok(SettleTimes { settled: number(settled)?, median, p99, until_last })
            }
            _ => Err(format!("`{row}` are not the times to settle")),
        }
    }

    async fn one(&self, sql: &str) -> Result<String, String> {
        let rows = self.query(sql).await?;
        rows.into_iter().next().ok_or_else(|| format!("{sql}: no row"))
    }
}

/// Writes out what earlier work left to be written, so that it does not burden the next.
pub(crate) fn checkpoint(server: &Postgres) {
    // Without it the figures are a little worse, and still figures.
    let _ = server.query("CHECKPOINT");
}

/// The server's own words, if it said any.
fn cause(error: &tokio_postgres::Error) -> String {
    let said = error.as_db_error().map(|said| said.message().to_owned());
    said.unwrap_or_else(|| error.to_string())
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a count"))
}
