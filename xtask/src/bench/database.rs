//! What the database knows of the run: how much is settled, how long it took, by its own clock.

use std::time::Duration;

use paygate_test_servers::Postgres;

use super::work::Work;

/// The times of the payments of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SettleTimes {
    /// How many are settled.
    pub(super) settled: u64,
    pub(super) median: Duration,
    pub(super) p99: Duration,
    /// From the start of the run to the last settlement.
    pub(super) until_last: Duration,
}

/// Asks the database that the service runs on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Database<'a>(pub(super) &'a Postgres);

impl Database<'_> {
    /// Its clock, as a text that its own `timestamptz` reads back.
    pub(super) fn now(self) -> Result<String, String> {
        self.one("SELECT clock_timestamp()")
    }

    /// How many payments are settled. Each charge is one posting of an acquirer account; each
    /// transfer is one of two wallets, whose first is their opening balance. Postings are numbered
    /// without gaps: asking costs nothing, however many there are.
    pub(super) fn settled(self, work: Work) -> Result<u64, String> {
        let sql = match work {
            Work::Charges => {
                "SELECT coalesce(sum(last_seq), 0) FROM accounts WHERE system_code = 'acquirer'"
            }
            Work::Transfers => {
                "SELECT (coalesce(sum(last_seq), 0)::bigint - count(*)) / 2 FROM accounts \
                 WHERE num_nonnulls(system_code, merchant_id) = 0"
            }
        };
        number(&self.one(sql)?)
    }

    /// How many payments are under way. Reads all of them.
    pub(super) fn open(self) -> Result<u64, String> {
        let sql = "SELECT count(*) FROM payments WHERE status IN ('PENDING', 'PROCESSING')";
        number(&self.one(sql)?)
    }

    /// What became of the payments accepted since `start` that did not come to SUCCESS:
    /// `FAILED insufficient-funds: 3`.
    pub(super) fn not_succeeded(self, work: Work, start: &str) -> Result<Vec<String>, String> {
        let kind = work.kind();
        self.0.query(&format!(
            "SELECT concat(concat_ws(' ', status, failure_code), ': ', count(*)) FROM payments \
             WHERE kind = '{kind}' AND status <> 'SUCCESS' AND created_at >= '{start}' \
             GROUP BY status, failure_code ORDER BY status, failure_code"
        ))
    }

    /// How long the payments accepted since `start` took to SUCCESS.
    pub(super) fn settle_times(self, work: Work, start: &str) -> Result<SettleTimes, String> {
        let seconds = |of: &str| format!("extract(epoch FROM {of})");
        let (took, kind) = (seconds("updated_at - created_at"), work.kind());
        let sql = format!(
            "SELECT concat_ws(' ', count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY {took}), \
             percentile_disc(0.99) WITHIN GROUP (ORDER BY {took}), {}) \
             FROM payments \
             WHERE kind = '{kind}' AND status = 'SUCCESS' AND created_at >= '{start}'",
            seconds(&format!("max(updated_at) - '{start}'"))
        );
        let row = self.one(&sql)?;
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

    /// Writes out what earlier work left to be written, so that it does not burden the next.
    pub(super) fn checkpoint(self) {
        // On a slow disk it takes longer than we wait for an answer, and goes on all the same.
        let _ = self.0.query("CHECKPOINT");
    }

    fn one(self, sql: &str) -> Result<String, String> {
        let rows = self.0.query(sql)?;
        rows.into_iter().next().ok_or_else(|| format!("{sql}: no row"))
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a count"))
}
