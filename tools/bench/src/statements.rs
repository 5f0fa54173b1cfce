//! What PostgreSQL is asked for each settled payment, by its own count.
//!
//! Counting costs the server time. So it is done in a round of its own, after those that are
//! compared, by processes that come as roles for which the server counts.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::database::Database;
use crate::measured::Measured;
use crate::servers::{COUNTED, Servers};
use crate::told::announce;

/// So many statements are told one by one.
const NAMED: usize = 16;
/// So much of a statement's text is told.
const SHOWN: usize = 110;

/// The statements of a load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statements {
    pub(crate) api: Calls,
    pub(crate) worker: Calls,
    /// Those that took the most time, the longest first.
    pub(crate) longest: Vec<Statement>,
}

/// All statements of one kind of process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calls {
    /// For each settled payment.
    pub(crate) calls: f64,
    /// Of execution, for each settled payment.
    pub(crate) us: f64,
    /// Of planning, for each settled payment.
    pub(crate) planning_us: f64,
    pub(crate) transactions: u64,
    /// In each transaction, BEGIN and COMMIT included.
    pub(crate) statements: f64,
    /// Settled payments for each transaction.
    pub(crate) payments: f64,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) of: String,
    /// For each settled payment.
    pub(crate) calls: f64,
    /// Of execution, for each settled payment.
    pub(crate) us: f64,
    /// Of planning, for each settled payment.
    pub(crate) planning_us: f64,
    /// Written to the log of changes, for each settled payment.
    pub(crate) wal_bytes: f64,
    pub(crate) text: String,
}

/// What the server has counted of one statement.
struct Row {
    role: String,
    calls: f64,
    us: f64,
    planning_us: f64,
    wal_bytes: f64,
    text: String,
}

/// Runs a load, and tells what was counted from where it calls what it is given.
pub(crate) fn count(
    servers: &Servers,
    load: impl FnOnce(&dyn Fn()) -> Result<Measured, String>,
) -> Result<Statements, String> {
    announce("counting statements");
    servers.counting.clone()?;
    let database = Database::connect(&servers.postgres.url())?;
    let reset = RefCell::new(Err("the load never began".to_owned()));
    // The load has its runtime on this thread by then, so that no connection of ours can be used.
    let begin = || {
        let answer = servers.postgres.query("SELECT pg_stat_statements_reset()");
        *reset.borrow_mut() = answer.map(|_| ());
    };
    let settled = load(&begin)?.loaded.outcome.settled;
    reset.into_inner()?;
    Ok(Statements::of(&read(&database)?, settled.max(1) as f64))
}

fn read(database: &Database) -> Result<Vec<Row>, String> {
    let rows = database.rows(
        "SELECT r.rolname, s.calls, s.total_exec_time * 1000, s.total_plan_time * 1000, s.wal_bytes, s.query \
         FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid \
         WHERE r.rolname LIKE 'counted_%' ORDER BY s.total_exec_time + s.total_plan_time DESC",
    )?;
    let row = |columns: Vec<String>| match columns.as_slice() {
        [role, calls, us, planning_us, wal_bytes, text] => Some(Row {
            role: role.clone(),
            calls: calls.parse().ok()?,
            us: us.parse().ok()?,
            planning_us: planning_us.parse().ok()?,
            wal_bytes: wal_bytes.parse().ok()?,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        }),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(row).collect())
}

impl Statements {
    fn of(rows: &[Row], payments: f64) -> Self {
        let [api, worker] = COUNTED;
        let longest = rows.iter().take(NAMED).map(|row| Statement {
            of: if row.role == api { "API" } else { "worker" }.to_owned(),
            calls: row.calls / payments,
            us: row.us / payments,
            planning_us: row.planning_us / payments,
            wal_bytes: row.wal_bytes / payments,
            text: row.text.chars().take(SHOWN).collect(),
        });
        Self {
            api: Calls::of(rows, api, payments),
            worker: Calls::of(rows, worker, payments),
            longest: longest.collect(),
        }
    }
}

impl Calls {
    /// What runs without BEGIN is a transaction of its own; who never begins one has as many as its
    /// most frequent statement has calls.
    fn of(rows: &[Row], role: &str, payments: f64) -> Self {
        let own = || rows.iter().filter(|row| row.role == role);
        let calls: f64 = own().map(|row| row.calls).sum();
        let begun: f64 = own().filter(|row| row.text == "COMMIT").map(|row| row.calls).sum();
        let most = own().map(|row| row.calls).fold(0.0, f64::max);
        let transactions = if begun > 0.0 { begun } else { most };
        let each = transactions.max(1.0);
        Self {
            calls: calls / payments,
            us: own().map(|row| row.us).sum::<f64>() / payments,
            planning_us: own().map(|row| row.planning_us).sum::<f64>() / payments,
            transactions: transactions as u64,
            statements: calls / each,
            payments: payments / each,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Statements};

    fn row(role: &str, calls: f64, text: &str) -> Row {
        let (us, planning_us) = (calls * 10.0, calls * 5.0);
        let (role, text) = (role.to_owned(), text.to_owned());
        Row { role, calls, us, planning_us, wal_bytes: 0.0, text }
    }

    #[test]
    fn statements_are_told_for_each_payment_and_transaction() {
        let rows = [
            row("counted_worker", 20.0, "UPDATE payments"),
            row("counted_worker", 20.0, "BEGIN"),
            row("counted_worker", 20.0, "COMMIT"),
            row("counted_worker", 4.0, "SELECT due"),
            row("counted_api", 50.0, "INSERT INTO payments"),
        ];
        let Statements { api, worker, longest } = Statements::of(&rows, 1_000.0);
        assert_eq!((worker.transactions, worker.statements, worker.payments), (20, 3.2, 50.0));
        assert_eq!((worker.calls, worker.us, worker.planning_us), (0.064, 0.64, 0.32));
        assert_eq!((api.transactions, api.statements, api.payments), (50, 1.0, 20.0));
        assert_eq!((longest[0].of.as_str(), longest[4].of.as_str()), ("worker", "API"));
    }
}
