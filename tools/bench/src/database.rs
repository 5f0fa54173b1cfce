//! What the database knows of a load: what became of its payments, how long each took, by the
//! database's own clock. The one file that knows of Paygate's tables; of those only `payments`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tokio::runtime::Runtime;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::load::{Mark, Spread};
use crate::outcome::Outcome;

/// A connection to a database.
pub(crate) struct Database {
    /// The connection is served by it while a question is asked, and rests otherwise.
    runtime: RefCell<Runtime>,
    client: tokio_postgres::Client,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

impl Database {
    /// Connects.
    pub(crate) fn connect(url: &str) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let connected = runtime.block_on(tokio_postgres::connect(url, NoTls));
        let (client, connection) = connected.map_err(|error| format!("the database: {error}"))?;
        // How it ends, the next question tells.
        runtime.spawn(connection);
        let database = Self { runtime: RefCell::new(runtime), client };
        // A load is a part at the end of a table, however little the planner knows of it yet.
        database.query("SET enable_seqscan = off")?;
        database.query("SET jit = off")?;
        Ok(database)
    }

    /// The columns of every row that `sql` returns, as text; NULL is an empty one.
    pub(crate) fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let answer = self.runtime.borrow_mut().block_on(self.client.simple_query(sql));
        let messages = answer.map_err(|error| format!("{sql}: {}", cause(&error)))?;
        let columns = |message| match message {
            SimpleQueryMessage::Row(row) => {
                let column = |at| row.get(at).unwrap_or_default().to_owned();
                Some((0..row.len()).map(column).collect())
            }
            _ => None,
        };
        Ok(messages.into_iter().filter_map(columns).collect())
    }

    /// The first column of every row that `sql` returns.
    pub(crate) fn query(&self, sql: &str) -> Result<Vec<String>, String> {
        Ok(self.rows(sql)?.into_iter().filter_map(|row| row.into_iter().next()).collect())
    }

    /// Whether a payment after the mark waits for a worker. Those are the newest.
    pub(crate) fn is_under_way(&self, mark: &Mark) -> Result<bool, String> {
        let sql = format!(
            "SELECT 1 FROM payments WHERE id > '{}' AND status IN ('PENDING', 'PROCESSING') \
             ORDER BY id DESC LIMIT 1",
            mark.id
        );
        Ok(!self.query(&sql)?.is_empty())
    }

    /// What came of the payments after the mark.
    pub(crate) fn outcome(&self, mark: &Mark) -> Result<Outcome, String> {
        let after = format!("FROM payments WHERE id > '{}'", mark.id);
        let took = "extract(epoch FROM updated_at - created_at) * 1000";
        let at = |part: f64| format!("percentile_disc({part}) WITHIN GROUP (ORDER BY {took})");
        let settled = self.rows(&format!(
            "SELECT count(*), {}, {}, {}, max({took}), extract(epoch FROM max(updated_at) - \
             (SELECT min(created_at) {after})) {after} AND status = 'SUCCESS'",
            at(0.5),
            at(0.9),
            at(0.99)
        ))?;
        let figures: Vec<f64> =
            settled.concat().iter().map(|text| text.parse().unwrap_or(0.0)).collect();
        let &[count, p50_ms, p90_ms, p99_ms, max_ms, seconds] = figures.as_slice() else {
            return Err("the database tells no times".to_owned());
        };
        Ok(Outcome {
            settled: count as u64,
            seconds,
            settle: (count > 0.0).then_some(Spread { p50_ms, p90_ms, p99_ms, max_ms }),
            others: self.others(&after)?,
        })
    }

    fn others(&self, after: &str) -> Result<BTreeMap<String, u64>, String> {
        let rows = self.rows(&format!(
            "SELECT concat_ws(' ', status, failure_code), count(*) {after} \
             AND status <> 'SUCCESS' GROUP BY 1"
        ))?;
        let pair = |row: Vec<String>| match row.as_slice() {
            [what, count] => Some((what.clone(), count.parse().ok()?)),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }
}

/// The server's own words, if it said any.
fn cause(error: &tokio_postgres::Error) -> String {
    let said = error.as_db_error().map(|said| said.message().to_owned());
    said.unwrap_or_else(|| error.to_string())
}
