//! `paygate statement`: what happened in an account, read and written page by page.

use crate::desk::Desk;
use crate::output::{Ended, JsonList, stdout};
use crate::payments::called;
use crate::table::{Column, Table, counted, second};
use paygate_app::Accounts;
use paygate_core::account::AccountRef;
use paygate_core::identity::Principal;
use paygate_core::money::Money;
use paygate_core::statement::{Counterparty, Period, Statement, StatementLine};
use paygate_core::text::Label;
use paygate_wire::{CsvRows, LineBody, StatementHead, direction, size, time};
use std::io::Write;

/// The most lines in memory at a time.
const PAGE: u16 = 1_000;

/// How a statement is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For spreadsheets (RFC 4180).
    Csv,
}

/// Which statement to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowStatement {
    /// Of which account.
    pub account: AccountRef,
    /// Of which period.
    pub period: Period,
    /// At most so many lines, the first ones; all if `None`.
    pub limit: Option<u64>,
    /// How it is written.
    pub form: Form,
}

const COLUMNS: [Column; 8] = [
    Column::left("AT").at_least(20),
    Column::left("DIRECTION"),
    Column::right("AMOUNT").at_least(14),
    Column::right("BALANCE").at_least(14),
    Column::left("KIND").at_least(8),
    Column::left("COUNTERPARTY").at_least(12),
    Column::left("PAYMENT").at_least(36),
    Column::left("DESCRIPTION"),
];

/// Shows a statement.
pub(crate) async fn show(desk: &Desk, asked: &ShowStatement) -> Result<(), Ended> {
    let found = desk
        .statements
        .statement(&Principal::Operator, asked.account.clone(), asked.period)
        .await?;
    let statement = found.ok_or_else(|| no_account(&asked.account))?;
    let mut lines = Lines {
        accounts: &desk.statements,
        after: statement.opening.seq,
        left: asked.limit.unwrap_or(u64::MAX),
        statement: &statement,
    };
    match asked.form {
        Form::Table => table(&statement, asked.period, &mut lines).await,
        Form::Json => json(&statement, asked.period, &mut lines).await,
        Form::Csv => csv(&mut lines).await,
    }
}

/// How the other account is called; its id, if no more is told.
fn counterparty(counterparty: &Counterparty) -> String {
    counterparty.seen().map_or_else(|| counterparty.id().to_string(), called)
}

fn no_account(name: &AccountRef) -> Ended {
    Ended::Because(format!("there is no account {name}"))
}

/// The lines of a statement that are wanted and not read yet.
struct Lines<'a> {
    accounts: &'a Accounts,
    statement: &'a Statement,
    after: i64,
    left: u64,
}

impl Lines<'_> {
    /// The next page; `None` at the end.
    async fn read(&mut self) -> Result<Option<Vec<StatementLine>>, Ended> {
        if self.left == 0 || !self.is_more() {
            return Ok(None);
        }
        let limit = u16::try_from(self.left).map_or(PAGE, |left| left.min(PAGE));
        let lines =
            self.accounts.lines(&Principal::Operator, self.statement, self.after, limit).await?;
        let last = lines.last().map(|line| line.posting.account_seq);
        let last = last.filter(|last| *last > self.after);
        let missing = || format!("the store left out lines after {}", self.after);
        self.after = last.ok_or_else(missing)?;
        self.left = self.left.saturating_sub(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        Ok(Some(lines))
    }

    /// Whether lines follow those that were read.
    fn is_more(&self) -> bool {
        self.after < self.statement.closing.seq
    }

    fn count(&self) -> u64 {
        u64::try_from(self.after.saturating_sub(self.statement.opening.seq)).unwrap_or(0)
    }
}

async fn table(statement: &Statement, period: Period, lines: &mut Lines<'_>) -> Result<(), Ended> {
    let mut out = stdout();
    let record = &statement.account;
    let currency = record.account.currency;
    let balance = |minor: i64| Money { minor, currency };
    let who = [Some(called(record)), record.name.as_ref().map(|it| it.as_str().to_owned())];
    writeln!(out, "{}", who.into_iter().flatten().collect::<Vec<_>>().join("  "))?;
    writeln!(out, "Account  {}  {currency}", record.account.number)?;
    let from = period.from.map_or_else(|| "the beginning".to_owned(), time);
    let to = period.to.map_or_else(|| "now".to_owned(), time);
    writeln!(out, "Period   {from} to {to}")?;
    let (opening, closing) = (
        balance(statement.opening.balance_minor).to_string(),
        balance(statement.closing.balance_minor).to_string(),
    );
    let width = opening.len().max(closing.len());
    writeln!(out, "Opening  {opening:>width$} {currency}")?;
    writeln!(out, "Closing  {closing:>width$} {currency}\n")?;
    let mut table = Table::of(&COLUMNS);
    while let Some(page) = lines.read().await? {
        page.iter().try_for_each(|line| table.row(&mut out, cells(line)))?;
    }
    table.print(&mut out)?;
    let more = if lines.is_more() { "; there is more: raise --limit" } else { "" };
    writeln!(out, "\n{}{more}", counted(lines.count(), "line", "lines"))?;
    Ok(out.flush()?)
}

fn cells(line: &StatementLine) -> Vec<String> {
    let posting = &line.posting;
    let currency = posting.amount.currency;
    vec![
        second(line.at),
        direction(posting.amount).to_owned(),
        size(posting.amount).to_string(),
        Money { minor: posting.balance_after_minor, currency }.to_string(),
        line.kind.to_string(),
        counterparty(&line.counterparty),
        line.payment.to_string(),
        line.description.as_ref().map_or("-", Label::as_str).to_owned(),
    ]
}

async fn json(statement: &Statement, period: Period, lines: &mut Lines<'_>) -> Result<(), Ended> {
    let mut list = JsonList::begin(stdout(), &StatementHead::of(statement, period)?)?;
    while let Some(page) = lines.read().await? {
        page.iter().try_for_each(|line| list.item(&LineBody::of(line)?))?;
    }
    list.end(lines.is_more().then(|| lines.after.to_string()))
}

async fn csv(lines: &mut Lines<'_>) -> Result<(), Ended> {
    let mut file = CsvRows::begin(stdout())?;
    while let Some(page) = lines.read().await? {
        page.iter().try_for_each(|line| file.line(line))?;
    }
    Ok(file.end()?)
}
