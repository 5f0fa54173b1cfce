//! `paygate prove`: the proof that the ledger holds, over all of it.

use crate::desk::Desk;
use crate::output::{Ended, object, stdout};
use crate::progress::Progress;
use crate::table::{Column, Table, counted};
use paygate_core::Timestamp;
use paygate_core::identity::Principal;
use paygate_core::proof::{CurrencyTotals, Scope, Sum, Summary, Violation};
use paygate_wire::{IntegrityBody, ViolationBody, time};
use serde::Serialize;
use std::io::{BufWriter, Stdout, Write};

const VIOLATION: [Column; 4] = [
    Column::left("TABLE").at_least(19),
    // A posting's: its account's, and its seq.
    Column::left("ID").at_least(42),
    Column::left("CHECK").at_least(32),
    Column::left("DETAIL"),
];

const TOTALS: [Column; 8] = [
    Column::left("CURRENCY"),
    Column::right("WALLETS"),
    Column::right("MERCHANTS"),
    Column::right("ACQUIRER"),
    Column::right("BANK"),
    Column::right("FX LIQUIDITY"),
    Column::right("OPENING EQUITY"),
    Column::right("SUM"),
];

/// Proves the ledger. A ledger that does not hold is a failure, whoever reads of it.
pub(crate) async fn prove(desk: &Desk, json: bool) -> Result<(), Ended> {
    let progress = Progress::start();
    let mut told = Told::new(json);
    let report = |violation: Violation| progress.aside(|| told.violation(&violation));
    let mut pace = progress.pace();
    let proven = desk
        .proofs
        .run(&Principal::Operator, Scope::Whole, report, |seen, of| pace.at(seen, of))
        .await;
    progress.finish();
    let (summary, as_of) = proven.map_err(|error| Ended::Because(error.to_string()))?;
    let written = told.summary(&summary, as_of);
    match summary.violations {
        0 => written,
        count => {
            let violations = counted(count, "violation", "violations");
            Err(Ended::Because(format!("the ledger does not hold: {violations}")))
        }
    }
}

/// What is told of a proof, as it goes on.
struct Told<'a> {
    out: BufWriter<Stdout>,
    /// `None` if it is told to a program.
    table: Option<Table<'a>>,
    written: Result<(), Ended>,
}

impl Told<'_> {
    fn new(json: bool) -> Self {
        let table = (!json).then(|| Table::of(&VIOLATION));
        Self { out: stdout(), table, written: Ok(()) }
    }

    /// Tells it at once. That it could not be told is remembered, and does not end the proof.
    fn violation(&mut self, violation: &Violation) {
        if self.written.is_ok() {
            self.written = self.try_violation(violation);
        }
    }

    fn try_violation(&mut self, violation: &Violation) -> Result<(), Ended> {
        match &mut self.table {
            Some(table) => {
                let (name, id) = place(violation);
                let id = id.unwrap_or("-");
                let cells = [name, id, violation.check, &violation.detail];
                table.row(&mut self.out, cells.map(ToOwned::to_owned).to_vec())?;
                table.print(&mut self.out)?;
            }
            None => object(&mut self.out, &Found::of(violation))?,
        }
        Ok(self.out.flush()?)
    }

    fn summary(mut self, summary: &Summary, as_of: Option<Timestamp>) -> Result<(), Ended> {
        self.written?;
        let out = &mut self.out;
        if self.table.is_none() {
            // Its violations were told before.
            object(out, &IntegrityBody::summary(summary, as_of)?)?;
            return Ok(out.flush()?);
        }
        if summary.violations > 0 {
            writeln!(out)?;
        }
        let mut totals = Table::of(&TOTALS);
        for of_currency in &summary.totals {
            totals.row(out, amounts(of_currency))?;
        }
        totals.print(out)?;
        let counts = [
            counted(summary.accounts, "account", "accounts"),
            counted(summary.payments, "payment", "payments"),
            counted(summary.entries, "entry", "entries"),
            counted(summary.postings, "posting", "postings"),
        ];
        let at = as_of.map_or_else(|| "no time".to_owned(), time);
        writeln!(out, "\n{}, as of {at}", counts.join(", "))?;
        if summary.violations == 0 {
            writeln!(out, "the ledger holds")?;
        }
        Ok(out.flush()?)
    }
}

/// The table of the row, and its id there unless the table as a whole is meant.
fn place(violation: &Violation) -> (&str, Option<&str>) {
    match violation.row.split_once(' ') {
        Some((table, id)) => (table, Some(id)),
        None => (&violation.row, None),
    }
}

fn amounts(totals: &CurrencyTotals) -> Vec<String> {
    let CurrencyTotals { wallets, merchants, acquirer, bank, fx_liquidity, .. } = totals;
    let parts = [wallets, merchants, acquirer, bank, fx_liquidity];
    let parts = parts.into_iter().chain([&totals.opening_equity, &totals.sum]);
    let currency = totals.currency;
    let amounts = parts.map(|minor| Sum { minor: *minor, currency }.to_string());
    std::iter::once(currency.code().to_owned()).chain(amounts).collect()
}

/// A row that does not fit: the API's body, and where its `row` is.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    violation: ViolationBody<'a>,
    table: &'a str,
    id: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn of(violation: &'a Violation) -> Self {
        let (table, id) = place(violation);
        Self { violation: ViolationBody::of(violation), table, id }
    }
}
