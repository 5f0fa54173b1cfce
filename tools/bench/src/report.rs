//! What was measured, as a table for people.

use std::fmt::Write;

use crate::load::Spread;
use crate::measured::Loaded;
use crate::numbers::{count, time};
use crate::results::{Results, Row, WORKLOADS};
use crate::startup::Startup;
use crate::statements::{Statement, Statements};
use crate::usage::Memory;

/// Rows of cells; the first row names the columns.
#[derive(Debug)]
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    /// One with these columns.
    pub(crate) fn new(columns: &[&str]) -> Self {
        Self(vec![columns.iter().map(|column| (*column).to_owned()).collect()])
    }

    /// Whether it has rows.
    pub(crate) fn has_rows(&self) -> bool {
        self.0.len() > 1
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    /// For a page.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        for (place, row) in self.0.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
            if place == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
            }
        }
        text
    }

    /// For a terminal: the first column to the left, the others to the right.
    pub(crate) fn text(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.0 {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let _ = match column {
                    0 => write!(text, "{cell:width$}"),
                    _ => write!(text, "  {cell:>width$}"),
                };
            }
            text.push('\n');
        }
        text
    }
}

/// One load on servers of which nothing else is known.
pub(crate) fn load(loaded: &Loaded) -> Table {
    let mut table = Table::new(&["", loaded.workload.name()]);
    let mut row = |name: &str, value: String| table.row(vec![name.to_owned(), value]);
    row("accepted/s", count(loaded.accepted_per_second));
    row("settled/s", count(loaded.settled_per_second));
    row("reads/s", count(loaded.reads_per_second));
    for (name, spread) in [
        ("accept", loaded.accept),
        ("accept to the end", loaded.outcome.settle),
        ("capture", loaded.capture),
        ("read", loaded.read),
    ] {
        let Some(Spread { p50_ms, p90_ms, p99_ms, max_ms }) = spread else { continue };
        for (part, ms) in [("p50", p50_ms), ("p90", p90_ms), ("p99", p99_ms), ("max", max_ms)] {
            row(&format!("{name}, {part}"), time(ms));
        }
    }
    row("accepted", loaded.accepted.to_string());
    row("settled", loaded.outcome.settled.to_string());
    row("not settled", not_settled(loaded));
    table
}

/// Throughput and times, a row for each load.
pub(crate) fn throughput(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "",
        "x TPC-B",
        "of the pairs",
        "TPC-B tps",
        "settled/s",
        "accepted/s",
        "reads/s",
        "accept p50",
        "p90",
        "p99",
        "max",
        "settle p50",
        "p99",
        "others' CPU",
        "not settled",
    ]);
    for Row { name, compared, .. } in rows {
        let Some(pair) = compared.typical() else { continue };
        let (loaded, ratios) = (&pair.measured.loaded, compared.pairs.iter().map(|it| it.ratio));
        let ratios: Vec<String> = ratios.map(|ratio| format!("{ratio:.2}")).collect();
        let accept =
            times(loaded.accept, &[|it| it.p50_ms, |it| it.p90_ms, |it| it.p99_ms, |it| it.max_ms]);
        let settle = times(loaded.outcome.settle, &[|it| it.p50_ms, |it| it.p99_ms]);
        let rates = [
            pair.reference.tps,
            loaded.settled_per_second,
            loaded.accepted_per_second,
            loaded.reads_per_second,
        ];
        let mut row = vec![name.clone(), format!("{:.2}", compared.ratio), ratios.join(" ")];
        row.extend(rates.map(count));
        row.extend(accept.into_iter().chain(settle));
        row.push(format!("{:.0} %", pair.measured.used.others_percent));
        row.push(not_settled(&pair.measured.loaded));
        table.row(row);
    }
    table
}

/// CPU and what was written for each payment, a row for each load; shares are of a transaction of
/// the reference.
pub(crate) fn costs(rows: &[Row]) -> Table {
    let names = ["PostgreSQL", "RabbitMQ", "API", "worker", "acquirer", "paygate", "load"];
    let mut table = Table::new(&[&[""][..], &names, &["all", "TPC-B", "WAL"]].concat());
    for Row { name, compared, .. } in rows {
        let Some(pair) = compared.typical() else { continue };
        let (used, reference) = (&pair.measured.used, pair.reference.cpu_us);
        let share = |us: f64| format!("{us:.0} ({:.3})", us / reference.max(f64::MIN_POSITIVE));
        let mut row = vec![name.clone()];
        row.extend(names.map(|name| used.cpu_us.get(name).map_or("-".to_owned(), |us| share(*us))));
        row.push(share(used.cpu_sum()));
        row.push(format!("{reference:.0}"));
        row.push(format!("{:.0} B", used.wal_bytes));
        table.row(row);
    }
    table
}

/// What the processes held in memory as the load began, as it ended, and at most.
pub(crate) fn memory(rows: &[Row]) -> Table {
    let names = ["API", "worker", "acquirer", "paygate"];
    let mut table = Table::new(&[&[""][..], &names].concat());
    for Row { name, compared, .. } in rows {
        let Some(pair) = compared.typical() else { continue };
        let held = |name: &str| match pair.measured.memory.get(name) {
            Some(Memory { begun_mib, now_mib, peak_mib }) => {
                format!("{begun_mib:.0} {now_mib:.0} {peak_mib:.0}")
            }
            None => "-".to_owned(),
        };
        table.row([vec![name.clone()], names.map(held).to_vec()].concat());
    }
    table
}

/// What PostgreSQL was asked, by whom, and in how many transactions.
pub(crate) fn batches(counted: &Statements) -> Table {
    let mut table = Table::new(&[
        "of",
        "calls/payment",
        "µs/payment",
        "planning",
        "transactions",
        "statements in each",
        "payments in each",
    ]);
    for (name, of) in [("API", counted.api), ("worker", counted.worker)] {
        table.row(vec![
            name.to_owned(),
            format!("{:.3}", of.calls),
            format!("{:.1}", of.us),
            format!("{:.1}", of.planning_us),
            count(of.transactions as f64),
            format!("{:.1}", of.statements),
            format!("{:.1}", of.payments),
        ]);
    }
    table
}

/// The statements that took the most time.
pub(crate) fn statements(counted: &Statements) -> Table {
    let columns = ["", "of", "calls/payment", "µs/payment", "planning", "WAL B/payment"];
    let mut table = Table::new(&columns);
    for Statement { of, calls, us, planning_us, wal_bytes, text } in &counted.longest {
        table.row(vec![
            text.clone(),
            of.clone(),
            format!("{calls:.3}"),
            format!("{us:.1}"),
            format!("{planning_us:.1}"),
            format!("{wal_bytes:.0}"),
        ]);
    }
    table
}

/// What follows from two figures each: the second, for one of the first.
pub(crate) fn ratios(results: &Results) -> Table {
    let mut table = Table::new(&["", "of the other"]);
    let workload = |name| results.row(WORKLOADS, name);
    let mut row = |name: String, of: Option<f64>, other: Option<f64>| {
        if let (Some(of), Some(other)) = (of, other.filter(|other| *other > 0.0)) {
            table.row(vec![name, format!("{:.2}", of / other)]);
        }
    };
    let transfer = workload("transfer");
    row("hot to transfer".to_owned(), workload("hot"), transfer);
    row("zipf to transfer".to_owned(), workload("zipf"), transfer);
    let seeds = results.rows("seeds").first().map(|row| row.compared.ratio);
    row("transfer to one thing after the other".to_owned(), transfer, seeds);
    let tables = results.rows("tables");
    let empty = tables.iter().find(|row| row.at == Some(0)).map(|row| row.compared.ratio);
    for filled in tables.iter().filter(|row| row.at != Some(0)) {
        row(format!("{} to none", filled.name), Some(filled.compared.ratio), empty);
    }
    table
}

/// How soon the embedded binary serves.
pub(crate) fn startup(startup: &Startup) -> Table {
    let mut table = Table::new(&["", "after"]);
    let mut row = |name: &str, ms| table.row(vec![name.to_owned(), time(ms)]);
    row("the first answer of `GET /health`", startup.healthy_ms);
    row("the first 201", startup.accepted_ms);
    table
}

fn not_settled(loaded: &Loaded) -> String {
    let counts = loaded.outcome.others.iter().chain(&loaded.failures);
    let mut told: Vec<String> = counts.map(|(what, times)| format!("{what}: {times}")).collect();
    if loaded.unsent > 0 {
        told.push(format!("never sent: {}", loaded.unsent));
    }
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn times<const N: usize>(spread: Option<Spread>, of: &[fn(&Spread) -> f64; N]) -> [String; N] {
    of.map(|of| spread.map_or("-".to_owned(), |spread| time(of(&spread))))
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_table_aligns() {
        let mut table = Table::new(&["", "speed"]);
        table.row(vec!["one".to_owned(), "9".to_owned()]);
        assert_eq!(table.text(), "     speed\none      9\n");
        assert_eq!(table.markdown(), "|  | speed |\n|---|---|\n| one | 9 |\n");
    }
}
